//! Two platforms of one tag: every command distinguishes them, and asks for a choice if necessary.

use sealift_testing::layouts::{Image, pack};

use crate::command::Place;

/// Creates a folder with `web:1.0.0.1` for two platforms. Returns it and the archives.
fn both() -> (Place, [String; 2]) {
    let place = Place::new();
    let archives = ["amd64", "arm64"].map(|architecture| {
        let mut image = Image::new("web:1.0.0.1", 1);
        image.architecture = architecture.to_owned();
        std::fs::write(place.dir.path().join("their.tar"), pack(&image.podman())).unwrap();
        place.ok(&["add", "their.tar"]);
        format!("web_1.0.0.1_{}.docker", &image.id()[7..19])
    });
    (place, archives)
}

#[test]
fn an_ambiguous_request_is_refused_with_the_choices() {
    let (place, _) = both();
    for arguments in [&["path", "web"][..], &["cat", "web"], &["config"]] {
        let said = place.run(arguments);
        assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{arguments:?}: {said:?}");
        for choice in ["linux/amd64", "linux/arm64", "--platform"] {
            assert!(said.stderr.contains(choice), "{arguments:?}: {said:?}");
        }
    }
    insta::assert_snapshot!(place.run(&["path", "web"]).refusal(), @"
    [2]
    error: `web` exists for several platforms: linux/amd64, linux/arm64
    hint: choose one with --platform
    ");
}

#[test]
fn a_platform_chooses() {
    let (place, archives) = both();
    for (platform, archive) in ["linux/amd64", "linux/arm64/v8"].iter().zip(&archives) {
        let asked = |arguments: &[&str]| place.ok(&[arguments, &["--platform", platform]].concat());
        assert_eq!(asked(&["path", "web"]), format!("artifacts/{archive}\n"));
        assert!(asked(&["config"]).contains(archive.as_str()));
        let listed = asked(&["list", "--latest", "--json"]);
        assert!(listed.contains(archive.as_str()));
        assert_eq!(listed.matches("\"path\"").count(), 1, "{listed}");
    }
    assert_eq!(place.ok(&["list", "--latest", "--json"]).matches("\"latest\": true").count(), 2);
    let said = place.run(&["path", "web", "--platform", "linux/s390x"]);
    assert_eq!(said.code, 3, "{said:?}");
}

#[test]
fn each_platform_is_cleaned_separately() {
    let (place, archives) = both();
    assert!(place.run(&["clean", "web", "--keep", "1"]).stderr.contains("nothing to clean"));
    let cleaned = place.ok(&["clean", "web:1.0.0.1", "--platform", "linux/amd64"]);
    assert!(cleaned.contains(&archives[0]) && !cleaned.contains(&archives[1]), "{cleaned}");
    assert_eq!(place.files(), [archives[1].clone()]);
}
