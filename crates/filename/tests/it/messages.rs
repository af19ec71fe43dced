//! Tests of all error messages.

use insta::assert_snapshot;
use sealift_filename::{
    ArchiveFormat, ArchiveName, ArchivePath, ImageId, Reference, Repository, Version,
    version_to_imagetag,
};

fn of_name(text: &str) -> String {
    ArchiveName::parse(text).unwrap_err().to_string()
}

fn of_new(image: &str, version: &str, format: &str) -> String {
    let id = "0123456789ab".parse().unwrap();
    ArchiveName::new(image, &Version::new(version), id, ArchiveFormat::from(format))
        .unwrap_err()
        .to_string()
}

fn of_id(text: &str) -> String {
    text.parse::<ImageId>().unwrap_err().to_string()
}

fn of_tag(image: &str, version: &str) -> String {
    version_to_imagetag(image, version).unwrap_err().to_string()
}

fn of_repository(text: &str) -> String {
    Repository::parse(text).unwrap_err().to_string()
}

fn of_reference(text: &str) -> String {
    Reference::parse(text).unwrap_err().to_string()
}

fn of_path(text: &str) -> String {
    ArchivePath::parse(text).unwrap_err().to_string()
}

#[test]
fn of_parsing_a_name() {
    assert_snapshot!(of_name(""), @"`` is not an archive name: it has no `.` and format at its end");
    assert_snapshot!(of_name("README"), @"`README` is not an archive name: it has no `.` and format at its end");
    assert_snapshot!(of_name("web_dev_0123456789ab.zip.tmp"), @"`web_dev_0123456789ab.zip.tmp` is not an archive name: `0123456789ab.zip` is not an image id: it has 16 characters, not 12 lowercase hex digits");
    assert_snapshot!(of_name("README.md"), @"`README.md` is not an archive name: it has no `_` and image id before its last `.`");
    assert_snapshot!(of_name("web_1.0.zip"), @"`web_1.0.zip` is not an archive name: `1.0` is not an image id: it has 3 characters, not 12 lowercase hex digits");
    assert_snapshot!(of_name("web_dev_0123456789AB.zip"), @"`web_dev_0123456789AB.zip` is not an archive name: `0123456789AB` is not an image id: it contains the uppercase letter `A`");
    assert_snapshot!(of_name("web_0123456789ab.zip"), @"`web_0123456789ab.zip` is not an archive name: it has no `_` and version before its image id");
    assert_snapshot!(of_name("_dev_0123456789ab.zip"), @"`_dev_0123456789ab.zip` is not an archive name: it has no image before its version");
    assert_snapshot!(of_name("we\nb_dev_0123456789ab.zip"), @r"`we\nb_dev_0123456789ab.zip` is not an archive name: its image contains a line break");
}

#[test]
fn of_creating_a_name() {
    assert_snapshot!(of_new("web", "my_ver", "zip"), @"version `my_ver` is not valid: it contains `_`, which separates the parts of an archive name");
    assert_snapshot!(of_new("web", "feature/x", "zip"), @"version `feature/x` is not valid: it contains `/`, which separates folders");
    assert_snapshot!(of_new("web", "1.0\u{7}", "zip"), @r"version `1.0\u{7}` is not valid: it contains `\u{7}`, which is a control character");
    assert_snapshot!(of_new("web", "", "zip"), @"version is not valid: it is empty");
    assert_snapshot!(of_new("Web", "1.0", "zip"), @"image `Web` is not valid: it contains the uppercase letter `W`");
    assert_snapshot!(of_new("team/web", "1.0", "zip"), @"image `team/web` is not valid: it contains `/`; only lowercase letters, digits, `.`, `_` and `-` are allowed");
    assert_snapshot!(of_new("", "1.0", "zip"), @"image is not valid: it is empty");
    assert_snapshot!(of_new(".web", "1.0", "zip"), @"image `.web` is not valid: it starts with `.`, not with a letter or digit");
    assert_snapshot!(of_new("web-", "1.0", "zip"), @"image `web-` is not valid: it ends with `-`, not with a letter or digit");
    assert_snapshot!(of_new("web..admin", "1.0", "zip"), @"image `web..admin` is not valid: it contains `..`; only one `.`, one or two `_`, or dashes may be in a row");
    assert_snapshot!(of_new("web", "1.0", ""), @"format is not valid: it is empty");
    assert_snapshot!(of_new("web", "1.0", "tar.gz"), @"format `tar.gz` is not valid: it contains `.`, which separates the format from the rest of an archive name");
    assert_snapshot!(of_new("web", "1.0", "a/b"), @"format `a/b` is not valid: it contains `/`, which separates folders");
    assert_snapshot!(of_new("web", "1.0", "zip\n"), @r"format `zip\n` is not valid: it contains `\n`, which is a control character");
    assert_snapshot!(of_new(&"w".repeat(240), "1", "zip"), @"archive name `wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww_1_0123456789ab.zip` is not valid: it has 259 bytes, more than the 255 that a file name can have");
}

#[test]
fn of_parsing_an_id() {
    assert_snapshot!(of_id("0123"), @"`0123` is not an image id: it has 4 characters, not 12 lowercase hex digits");
    assert_snapshot!(of_id("0123456789AB"), @"`0123456789AB` is not an image id: it contains the uppercase letter `A`");
    assert_snapshot!(of_id("0123456789a\u{1b}"), @r"`0123456789a\u{1b}` is not an image id: it contains `\u{1b}`, which is not a hex digit");
}

#[test]
fn of_creating_a_tag() {
    assert_snapshot!(of_tag("web", ""), @"version is not valid in a tag: it is empty");
    assert_snapshot!(of_tag("web", "1.0_beta"), @"version `1.0_beta` is not valid in a tag: it contains `_`, which represents `+` in a tag");
    assert_snapshot!(of_tag("web", "my version"), @"version `my version` is not valid in a tag: it contains ` `; only ASCII letters and digits, `.`, `-` and `+` are allowed");
    assert_snapshot!(of_tag("web", "-1"), @"version `-1` is not valid in a tag: it starts with `-`, which cannot be the first character of a tag");
    assert_snapshot!(of_tag("web", &"1".repeat(129)), @"version `111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111` is not valid in a tag: it has 129 characters, more than the 128 that a tag can have");
    assert_snapshot!(of_tag("Web", "1.0"), @"image `Web` is not a repository name: its part `Web` is not valid: it contains the uppercase letter `W`");
}

#[test]
fn of_parsing_a_repository() {
    assert_snapshot!(of_repository(""), @"`` is not a repository name: it is empty");
    assert_snapshot!(of_repository(&"a".repeat(256)), @"`aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` is not a repository name: it has 256 characters, more than the 255 that a name can have");
    assert_snapshot!(of_repository("local_host:5000/web"), @"`local_host:5000/web` is not a repository name: `local_host:5000` is not a host and port");
    assert_snapshot!(of_repository("web:1.0"), @"`web:1.0` is not a repository name: its part `web:1.0` is not valid: it contains `:`; only lowercase letters, digits, `.`, `_` and `-` are allowed");
    assert_snapshot!(of_repository("team//web"), @"`team//web` is not a repository name: its part is not valid: it is empty");
    assert_snapshot!(of_repository("team/Web"), @"`team/Web` is not a repository name: its part `Web` is not valid: it contains the uppercase letter `W`");
    assert_snapshot!(of_repository("team/w\u{202e}eb"), @r"`team/w\u{202e}eb` is not a repository name: its part `w\u{202e}eb` is not valid: it contains `\u{202e}`; only lowercase letters, digits, `.`, `_` and `-` are allowed");
    assert_snapshot!(of_repository("web___admin"), @"`web___admin` is not a repository name: its part `web___admin` is not valid: it contains `___`; only one `.`, one or two `_`, or dashes may be in a row");
}

#[test]
fn of_parsing_a_reference() {
    assert_snapshot!(of_reference("web@sha256:0123456789ab"), @"`web@sha256:0123456789ab` is not an image reference: it contains a digest; archives are named by image and version");
    assert_snapshot!(of_reference(&format!("sha256:{}", "0".repeat(64))), @"`sha256:0000000000000000000000000000000000000000000000000000000000000000` is not an image reference: it is an image id; archives are named by image and version");
    assert_snapshot!(of_reference("web:"), @"`web:` is not an image reference: its version is not valid: it is empty");
    assert_snapshot!(of_reference(":1.0"), @"`:1.0` is not an image reference: it has no image");
    assert_snapshot!(of_reference("web:1.0:2"), @"`web:1.0:2` is not an image reference: its version is not valid: it contains `:`; only ASCII letters and digits, `.`, `-` and `+` are allowed");
    assert_snapshot!(of_reference("localhost+5000/web"), @"`localhost+5000/web` is not an image reference: its part `localhost+5000` is not valid: it contains `+`; only lowercase letters, digits, `.`, `_` and `-` are allowed");
    assert_snapshot!(of_reference("<none>:<none>"), @"`<none>:<none>` is not an image reference: its part `<none>` is not valid: it contains `<`; only lowercase letters, digits, `.`, `_` and `-` are allowed");
}

#[test]
fn of_parsing_a_path() {
    assert_snapshot!(of_path("team/README.md"), @"`team/README.md` is not the path of an archive: it has no `_` and image id before its last `.`");
    assert_snapshot!(of_path("../web_1.0_0123456789ab.zip"), @"`../web_1.0_0123456789ab.zip` is not the path of an archive: its folder `..` is not valid: it starts with `.`, not with a letter or digit");
    assert_snapshot!(of_path("/web_1.0_0123456789ab.zip"), @"`/web_1.0_0123456789ab.zip` is not the path of an archive: its folder is not valid: it is empty");
    assert_snapshot!(of_path("localhost:5000/web_1.0_0123456789ab.zip"), @"`localhost:5000/web_1.0_0123456789ab.zip` is not the path of an archive: its folder `localhost:5000` contains `:`; use `+` instead");
    assert_snapshot!(of_path("a/localhost+5000/web_1.0_0123456789ab.zip"), @"`a/localhost+5000/web_1.0_0123456789ab.zip` is not the path of an archive: its folder `localhost+5000` is not valid: it contains `+`; only lowercase letters, digits, `.`, `_` and `-` are allowed");
    let name = ArchiveName::parse("a/web_1.0_0123456789ab.zip").unwrap();
    assert_snapshot!(ArchivePath::in_folder("team", name).unwrap_err(), @"`team/a/web_1.0_0123456789ab.zip` is not the path of an archive: its name contains a `/`");
}
