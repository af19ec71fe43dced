//! Every document that `--json` prints, as `docs/json.md` describes it.

use std::fs;

use sealift_testing::layouts::{Image, file, noise, pack};

use crate::command::{Place, Said};
use crate::fake_engine::{FakeEngine, Load, Save, shown};

fn image() -> Image {
    Image::new("web:1.0.0.1", 1)
}

/// Removes the parts that differ between runs.
fn settled(text: &str) -> String {
    let times = regex::Regex::new(r#""\d{4}-\d\d-\d\dT[0-9:.]+Z""#).unwrap();
    times.replace_all(text, "\"TIME\"").into_owned()
}

/// Returns the document that a command prints, which must be its only output.
fn document(said: &Said) -> String {
    let parsed: Result<serde_json::Value, _> = serde_json::from_str(&said.stdout);
    assert!(parsed.is_ok(), "{said:?}");
    settled(&format!("[{}]\n{}", said.code, said.stdout))
}

/// Creates a folder with an image in two versions, one of them dirty and a zip, and the files that
/// they were added from.
fn place(host: &str) -> Place {
    let place = Place::with_engine(host);
    for (version, seed, form) in [("1.0.0.0", 2, &["--compress"][..]), ("1.0.0.1", 1, &[])] {
        let file = format!("{version}.tar");
        let image = Image::new(&format!("web:{version}"), seed);
        fs::write(place.dir.path().join(&file), pack(&image.podman())).unwrap();
        place.ok(&[&["add", &file], form].concat());
    }
    place
}

fn said(arguments: &[&str]) -> String {
    document(&place("unix:///nonexistent/engine.sock").run(&[arguments, &["--json"]].concat()))
}

#[test]
fn add() {
    let place = Place::new();
    fs::write(place.dir.path().join("web.tar"), pack(&image().podman())).unwrap();
    fs::write(place.dir.path().join("odd.tar"), b"no tar").unwrap();
    insta::assert_snapshot!(document(&place.run(&["add", "web.tar", "odd.tar", "--json"])));
}

#[test]
fn show() {
    insta::assert_snapshot!(said(&["show", "web:1.0.0.1"]));
}

#[test]
fn diff() {
    insta::assert_snapshot!(said(&["diff", "web:1.0.0.0", "web:1.0.0.1"]));
}

#[test]
fn tag() {
    insta::assert_snapshot!(said(&["tag", "web:1.0.0.0", "web:2.0.0.1"]));
}

#[test]
fn clean() {
    insta::assert_snapshot!(said(&["clean", "web:1.0.0.0"]));
}

#[test]
fn clean_that_is_only_planned() {
    insta::assert_snapshot!(said(&["clean", "web", "--keep-dirty", "0", "--dry-run"]));
}

#[test]
fn config() {
    insta::assert_snapshot!(said(&["config", "https://cdn.example.org/images/"]));
}

#[test]
fn config_for_consul() {
    insta::assert_snapshot!(said(&["config", "--format", "consul"]));
}

#[test]
fn config_with_sums() {
    insta::assert_snapshot!(said(&["config", "--format", "sums"]));
}

#[test]
fn export() {
    let place = place("unix:///nonexistent/engine.sock");
    let older = Image::new("web:0.9.0.1", 3);
    fs::write(place.dir.path().join("older.tar"), pack(&older.podman())).unwrap();
    place.ok(&["add", "older.tar"]);
    place.ok(&["export", "web:0.9.0.1", "--for", "k3s", "--to", "out"]);
    fs::write(place.dir.path().join("out/web_0.9_0123456789ab.tar"), b"no tar").unwrap();
    let arguments = ["export", "web:dev", "web", "--for", "k3s", "--to", "out", "--keep", "1"];
    let planned = place.run(&[&arguments[..], &["--dry-run", "--json"]].concat());
    let done = place.run(&[&arguments[..], &["--json"]].concat());
    insta::assert_snapshot!(document(&planned) + &document(&done));
}

#[test]
fn list() {
    insta::assert_snapshot!(said(&["list"]));
}

#[test]
fn load() {
    let engine = FakeEngine::loading(shown(&image()), Load::Takes);
    let place = place(&engine.host);
    insta::assert_snapshot!(document(&place.run(&["load", "web", "none", "--json"])));
}

#[test]
fn load_into_several_engines() {
    let engine = FakeEngine::loading(shown(&image()), Load::Takes);
    let place = place("unix:///nonexistent/engine.sock");
    place.make_context(&engine.host);
    let hosts = ["--context", "edge", "--host", "unix:///nonexistent/engine.sock"];
    let said = place.run(&[&["load", "web", "none", "--json"], &hosts[..]].concat());
    insta::assert_snapshot!(document(&said).replace(&engine.host, "unix:///edge.sock"));
}

#[test]
fn name_parse() {
    let names = "web_1.0_0123456789ab.docker\nreadme.txt\n";
    let said = Place::new().run_with_input(&["name", "parse", "--json"], names);
    insta::assert_snapshot!(said.stdout);
}

#[test]
fn name_tag_and_dirty() {
    let said = [&["name", "tag", "web", "1.0+beta"][..], &["name", "dirty", "1.0.0.0"]];
    insta::assert_snapshot!(said.map(self::said).concat());
}

#[test]
fn path() {
    insta::assert_snapshot!(said(&["path", "web"]));
}

#[test]
fn the_latest_without_a_command() {
    insta::assert_snapshot!(said(&[]));
}

#[test]
fn update() {
    let engine = FakeEngine::new(&image(), Save::Ends(pack(&image().podman())));
    let place = place(&engine.host);
    let said = place.run(&["update", "web:1.0.0.1", "--compress", "--clean", "--json"]);
    insta::assert_snapshot!(document(&said));
}

#[test]
fn update_of_what_cannot_be_saved() {
    let engine = FakeEngine::new(&image(), Save::BreaksOff(Vec::new()));
    let said = Place::with_engine(&engine.host).run(&["update", "web:1.0.0.1", "--json"]);
    insta::assert_snapshot!(document(&said));
}

#[test]
fn update_that_is_only_planned() {
    let engine = FakeEngine::new(&image(), Save::Ends(Vec::new()));
    let compress = ["update", "web:1.0.0.1", "--compress", "--clean", "--dry-run", "--json"];
    let to_be_compressed = document(&place(&engine.host).run(&compress));
    let to_be_saved = document(&Place::with_engine(&engine.host).run(&compress));
    insta::assert_snapshot!(to_be_compressed + &to_be_saved);
}

#[test]
fn verify() {
    let place = place("unix:///nonexistent/engine.sock");
    place.put("web_2_0123456789ab.docker", b"no tar");
    place.put("web_3_0123456789ab.docker", &pack(&image().podman()));
    place.put("web_4_0123456789ab.docker", &pack(&image().podman())[..5000]);
    insta::assert_snapshot!(document(&place.run(&["verify", "--json"])));
}

/// Every failure is a document, and standard error is the same as without `--json`.
#[test]
fn a_failure_is_a_document_too() {
    let place = place("unix:///nonexistent/engine.sock");
    place.put("api_1_0123456789ab.docker", &pack(&image().podman())[..5000]);
    place.context(b"content");
    for (arguments, code) in [
        (&["path", "wbe"][..], "not_found"),
        (&["cat", "none"], "not_found"),
        (&["config"], "damaged"),
        (&["update", "web:1.0.0.1"], "unreachable"),
        (&["load", "web"], "unreachable"),
        (&["build", "web:1", "context"], "unreachable"),
        (&["list", "--dir", "none"], "not_found"),
        (&["list", "none"], "not_found"),
        (&["verify", "none"], "not_found"),
        (&["clean", "none"], "not_found"),
        (&["name", "tag", "web", "a b"], "usage"),
        (&["env", "--host", "nowhere"], "usage"),
        (&["lsit"], "usage"),
        (&["update"], "usage"),
        (&["update", "web", "--jobs", "0"], "usage"),
        (&["help", "lsit"], "usage"),
    ] {
        let text = place.run(arguments);
        let said = place.run(&[arguments, &["--json"]].concat());
        // The usage that clap prints repeats the arguments.
        let stderr = said.stderr.replace(" --json[=<lines>]", "");
        assert_eq!((said.code, stderr), (text.code, text.stderr), "{arguments:?}");
        let document: serde_json::Value = serde_json::from_str(&said.stdout)
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {said:?}"));
        let error = &document["error"];
        assert_eq!(error["code"], code, "{arguments:?}: {document}");
        assert!(!error["message"].as_str().unwrap().is_empty(), "{arguments:?}: {document}");
        assert!(error["causes"].is_array(), "{arguments:?}: {document}");
        assert!(error.as_object().unwrap().contains_key("hint"), "{arguments:?}: {document}");
    }
    insta::assert_snapshot!(document(&place.run(&["path", "wbe", "--json"])));
}

#[test]
fn no_document_is_added_to_an_incomplete_archive() {
    let place = Place::new();
    let mut large = image();
    large.layers.push(pack(&[file("large", noise(4 << 20))]));
    fs::write(place.dir.path().join("web.tar"), pack(&large.podman())).unwrap();
    place.ok(&["add", "web.tar"]);
    // The record still states that the archive is valid.
    let path = place.artifacts().join(&place.files()[0]);
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    let mut content = fs::read(&path).unwrap();
    let at = content.len() - 100_000;
    content[at] ^= 1;
    fs::write(&path, &content).unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    let output = place.command(&["cat", "web", "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    let written = String::from_utf8_lossy(&output.stdout);
    assert!(!written.is_empty() && !written.contains("\"causes\""), "{}", written.len());
}

mod on_engine {
    mod docker {
        use crate::command::{Place, image_name};
        use crate::http::Images;

        #[test]
        fn build() {
            let Some(engine) = sealift_testing::engine("docker") else { return };
            let name = image_name();
            let images = Images { host: &engine.host, name: &name };
            let place = Place::with_engine(&engine.host);
            place.context(b"content");
            let said = place.run(&["build", &format!("{name}:1"), "context", "--json"]);
            let ids = regex::Regex::new("(?:sha256:)?[0-9a-f]{12,64}").unwrap();
            let document = super::super::document(&said).replace(&name, "IMAGE");
            insta::assert_snapshot!(ids.replace_all(&document, "ID"));
            images.remove();
        }
    }
}
