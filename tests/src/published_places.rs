//! `sealift list DEST` and `sealift verify DEST`: the content of a published place, and its
//! problems.

use std::fs;
use std::path::{Path, PathBuf};

use sealift_testing::layouts::{Image, pack};
use sealift_testing::{Nginx, WebServer};
use serde_json::Value;

use crate::command::Place;

/// Creates a folder whose two images are published to a path: a zip and a tar.
fn published() -> Place {
    let place = Place::new();
    for (tag, seed, compress) in [("web:1.0.0.7", 1, true), ("team/api:2.0.0.0", 2, false)] {
        let file = place.dir.path().join("image.tar");
        fs::write(&file, pack(&Image::new(tag, seed).podman())).unwrap();
        let mut arguments = vec!["add", "image.tar", "-q"];
        arguments.extend(compress.then_some("--compress"));
        place.ok(&arguments);
    }
    place.ok(&["publish", "./there", "-q"]);
    place
}

fn there(place: &Place) -> PathBuf {
    place.dir.path().join("there")
}

/// Returns the path of the published zip.
fn zip(place: &Place) -> PathBuf {
    let mut entries = fs::read_dir(there(place)).unwrap().map(|entry| entry.unwrap().path());
    entries.find(|path| path.extension().is_some_and(|ending| ending == "zip")).unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to),
            false => _ = fs::copy(entry.path(), to).unwrap(),
        }
    }
}

#[test]
fn a_place_is_listed() {
    let place = published();
    let table = place.ok(&["list", "./there"]);
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("IMAGE     VERSION  ID "), "{table}");
    assert!(lines[1].starts_with("team/api  2.0.0.0  "), "{table}");
    assert!(lines[1].trim_end().ends_with("docker  dirty"), "{table}");
    assert!(lines[2].starts_with("web       1.0.0.7  "), "{table}");
    assert!(lines[3].starts_with("2 archives, "), "{table}");
    assert!(lines[3].contains(", publication 1 of "), "{table}");
    let listing: Value =
        serde_json::from_str(&place.ok(&["list", "./there/images.json", "--json"])).unwrap();
    assert_eq!(listing["sequence"], 1);
    assert_eq!(listing["images"][1]["tag"], "web:1.0.0.7");
    let releases = place.ok(&["list", "./there", "--release"]);
    assert!(!releases.contains("team/api") && releases.contains("1 archive, "), "{releases}");
    assert!(place.ok(&["list", "./there", "web"]).contains("1 archive, "));
}

#[test]
fn a_place_that_cannot_be_listed_is_an_error() {
    let place = published();
    for (arguments, code, message) in [
        (&["list", "./there", "db"][..], 3, "db"),
        (&["list", "./nothing"], 3, "there is no config at"),
        (&["list", "./artifacts"], 3, "`sealift --dir FOLDER list`"),
        (&["list", "./there", "--by", "modified"], 2, "it names one archive for each image"),
        (&["verify", "./there", "--repair"], 2, "--repair cannot be used"),
        (&["verify", "./artifacts"], 3, "there is no config at"),
        (&["verify", "ftp://host/a"], 2, "ftp"),
        (&["verify", "web", "./there"], 2, "./there"),
    ] {
        let said = place.run(arguments);
        assert_eq!(said.code, code, "{arguments:?}: {said:?}");
        assert!(said.stderr.contains(message), "{arguments:?}: {}", said.stderr);
    }
}

#[test]
fn a_place_is_verified_over_paths_and_web_servers() {
    let place = published();
    let servers = [WebServer::nginx(Nginx::default()), WebServer::python()];
    let mut urls = vec!["./there".to_owned()];
    for server in servers.iter().flatten() {
        copy(&there(&place), &server.files());
        urls.push(server.url("/images.json"));
    }
    for url in urls {
        let said = place.run(&["verify", &url]);
        assert_eq!(said.code, 0, "{url}: {said:?}");
        assert_eq!(said.stdout.matches("  whole  ").count(), 2, "{url}: {said:?}");
        assert!(said.stderr.contains("2 whole; publication 1 of "), "{url}: {said:?}");
        let json = place.ok(&["verify", &url, "--json", "--deep"]);
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["sums"]["state"], "right");
        assert_eq!(json["archives"][0]["verdict"], "whole");
        assert_eq!(json["archives"][0]["blocks"]["state"], "none");
        assert_eq!(json["archives"][1]["blocks"]["state"], "right");
        assert_eq!(place.ok(&["verify", &url, "web"]).lines().count(), 1);
    }
}

#[test]
fn all_problems_of_a_place_are_reported() {
    type Break = fn(&Place);
    let cases: [(Break, i32, &str); 8] = [
        (|place| fs::remove_file(zip(place)).unwrap(), 5, ".zip  missing"),
        (|place| fs::write(zip(place), "short").unwrap(), 5, ".zip  damaged  it has 5 bytes, not"),
        (
            |place| {
                let mut bytes = fs::read(zip(place)).unwrap();
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                fs::write(zip(place), bytes).unwrap();
            },
            5,
            ".zip  damaged  ",
        ),
        (
            |place| fs::remove_file(zip(place).with_added_extension("blocks")).unwrap(),
            1,
            ".zip.blocks  missing",
        ),
        (
            |place| fs::write(zip(place).with_added_extension("blocks"), "{}").unwrap(),
            1,
            ".zip.blocks  wrong  its SHA-256 is not the one in SHA256SUMS",
        ),
        (
            |place| fs::remove_file(there(place).join("SHA256SUMS")).unwrap(),
            1,
            "SHA256SUMS  missing",
        ),
        (
            |place| fs::write(there(place).join("SHA256SUMS"), "").unwrap(),
            1,
            "SHA256SUMS  wrong  it does not list images.json",
        ),
        (
            |place| {
                let config = there(place).join("images.json");
                let text = fs::read_to_string(&config).unwrap();
                fs::write(&config, text.replace("\"team/", "\"../team/")).unwrap();
            },
            1,
            "images.json",
        ),
    ];
    for (breaks, code, message) in cases {
        let place = published();
        breaks(&place);
        let said = place.run(&["verify", "./there"]);
        assert_eq!(said.code, code, "{message}: {said:?}");
        let output = said.stdout + &said.stderr;
        assert!(output.contains(message), "{message}: {output}");
    }
}
