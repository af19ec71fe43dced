//! `sealift verify` of a folder: results as they are known, and an interrupt between them.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::Child;

use sealift_testing::layouts::{Image, pack};
use sealift_testing::raw_tar::RawTar;
use serde_json::Value;

use crate::command::{Place, Said};
use crate::fake_engine::{FakeEngine, Save};

/// A size that takes minutes to read, although the file has holes instead of blocks.
const HUGE: u64 = 1 << 38;

/// Creates a folder with an image, and with an archive that takes too long to read.
fn place() -> Place {
    let place = Place::new();
    fs::write(place.dir.path().join("api.tar"), pack(&Image::new("api:1", 1).podman())).unwrap();
    place.ok(&["add", "api.tar"]);
    let mut size = [0; 12];
    size[0] = 0x80;
    size[4..].copy_from_slice(&HUGE.to_be_bytes());
    let begin = RawTar::new().header(b'0', "layer.tar", &size).bytes;
    place.put("web_1_0123456789ab.docker", &begin);
    let file =
        File::options().write(true).open(place.artifacts().join("web_1_0123456789ab.docker"));
    file.unwrap().set_len(HUGE + 2048).unwrap();
    place
}

/// Begins to verify, and reads the first line of standard output.
fn begin(place: &Place, options: &[&str]) -> (Child, String) {
    let arguments = [&["verify", "--progress", "none"], options].concat();
    let mut child = place.spawn(&mut place.command(&arguments));
    let mut first = String::new();
    // Unbuffered, so that the rest stays in the pipe.
    let mut stdout = BufReader::with_capacity(1, child.stdout.take().unwrap());
    stdout.read_line(&mut first).unwrap();
    child.stdout = Some(stdout.into_inner());
    (child, first)
}

fn interrupt(place: &Place, child: Child) -> Said {
    let said = place.interrupted(child);
    assert_eq!(said.code, 130, "{said:?}");
    said
}

#[test]
fn a_result_is_printed_while_another_archive_is_read() {
    let place = place();
    let (child, first) = begin(&place, &[]);
    assert!(first.starts_with("api_1_317c8f756f53.docker  whole  "), "{first}");
    let said = interrupt(&place, child);
    assert_eq!(said.stdout, "");
    insta::assert_snapshot!(said.stderr, @"
    1 archive, 16.9 kB: 1 whole; compared with the recorded checksums
    not verified: web_1_0123456789ab.docker
    interrupted; nothing was left half done
    ");
}

#[test]
fn each_result_is_a_line_of_json() {
    let place = place();
    let (child, first) = begin(&place, &["--json=lines"]);
    let first: Value = serde_json::from_str(&first).unwrap();
    assert_eq!((&first["image"], &first["verdict"]), (&"api".into(), &"whole".into()));
    let said = interrupt(&place, child);
    let rest: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!((&rest["image"], &rest["verdict"]), (&"web".into(), &"interrupted".into()));
}

#[test]
fn a_document_states_what_was_not_verified() {
    let place = place();
    let arguments = ["verify", "--progress", "plain", "--json"];
    let mut child = place.spawn(&mut place.command(&arguments));
    // The archives have begun to be read.
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("web_") {
        line.clear();
        assert!(stderr.read_line(&mut line).unwrap() > 0, "it ended without reading");
    }
    Place::interrupt(&child);
    stderr.read_to_string(&mut line).unwrap();
    let said = place.said(child.wait_with_output().unwrap());
    assert_eq!(said.code, 130, "{said:?}");
    let verdicts: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(verdicts[0]["image"], "api");
    assert_eq!(verdicts[1]["verdict"], "interrupted");
}

/// Changes a byte in the middle of a file, and keeps its modification time.
fn damage(path: &Path) {
    let modified = fs::metadata(path).unwrap().modified().unwrap();
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
    File::options().write(true).open(path).unwrap().set_modified(modified).unwrap();
}

#[test]
fn the_advised_update_replaces_a_damaged_zip() {
    let image = Image::new("web:1.0.0.1", 1);
    let engine = FakeEngine::new(&image, Save::Ends(pack(&image.docker_folders())));
    let zip = "web_1.0.0.1_317c8f756f53.zip";
    for has_record in [true, false] {
        // Each of these commands finds the damage.
        for finder in [&["verify"][..], &["cat", "web"]] {
            let place = Place::with_engine(&engine.host);
            place.ok(&["update", "web:1.0.0.1", "--compress"]);
            damage(&place.artifacts().join(zip));
            if !has_record {
                fs::remove_dir_all(place.artifacts().join(".sealift")).unwrap();
            }
            let said = place.run(finder);
            assert_eq!(said.code, 5, "{finder:?} {has_record} {said:?}");
            assert!(said.stderr.contains("\nhint: "), "{said:?}");
            let said = place.run(&["update", "web:1.0.0.1"]);
            assert!(said.stdout.contains("  saved  "), "{finder:?} {has_record} {said:?}");
            assert_eq!(place.files(), [zip], "{finder:?} {has_record}");
            assert_eq!(place.run(&["verify"]).code, 0, "{finder:?} {has_record}");
        }
    }
}
