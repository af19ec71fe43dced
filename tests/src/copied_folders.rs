//! Copied folders: a record is used, rebuilt or ignored, but never causes a wrong decision.

use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use sealift_testing::layouts::{Image, pack};
use sealift_testing::{output_of, program};

use crate::command::Place;
use crate::fake_engine::{FakeEngine, Save};

fn image() -> Image {
    Image::new("web:1.0.0.1", 1)
}

/// Copies the folder `artifacts` of one place to that of another.
type Copy = fn(from: &Path, to: &Path);

fn cp(from: &Path, to: &Path) {
    output_of(Command::new("cp").arg("-r").arg(from.join("artifacts")).arg(to));
}

fn cp_archive(from: &Path, to: &Path) {
    output_of(Command::new("cp").arg("-a").arg(from.join("artifacts")).arg(to));
}

fn rsync(from: &Path, to: &Path) {
    if let Some(rsync) = program("rsync") {
        output_of(Command::new(rsync).arg("-a").arg(from.join("artifacts")).arg(to));
    } else {
        cp_archive(from, to);
    }
}

fn through_a_zip(from: &Path, to: &Path) {
    let (Some(zip), Some(unzip)) = (program("zip"), program("unzip")) else { return cp(from, to) };
    let file = to.join("folder.zip");
    output_of(Command::new(zip).args(["-qr"]).arg(&file).arg("artifacts").current_dir(from));
    output_of(Command::new(unzip).arg("-q").arg(&file).arg("-d").arg(to));
}

fn only_the_archives(from: &Path, to: &Path) {
    cp(from, to);
    std::fs::remove_dir_all(to.join("artifacts/.sealift")).unwrap();
}

fn only_the_records(from: &Path, to: &Path) {
    cp_archive(from, to);
    for entry in std::fs::read_dir(to.join("artifacts")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::remove_file(path).unwrap();
        }
    }
}

const COPIES: &[(&str, Copy)] = &[
    ("cp", cp),
    ("cp -a", cp_archive),
    ("rsync -a", rsync),
    ("zip and unzip", through_a_zip),
    ("without records", only_the_archives),
];

/// Creates a folder with one archive and its record, and an engine that has the image.
fn original() -> (FakeEngine, Place) {
    let engine = FakeEngine::new(&image(), Save::Ends(pack(&image().docker_folders())));
    let place = Place::with_engine(&engine.host);
    place.ok(&["update", "web:1.0.0.1"]);
    // Some time ago: records of files that were just written, or whose times have whole seconds,
    // are not used yet.
    let archive = place.artifacts().join(place.files().remove(0));
    let before = SystemTime::now() - Duration::from_secs(3600);
    File::options().write(true).open(archive).unwrap().set_modified(before).unwrap();
    assert!(place.run(&["config"]).stderr.contains("reading"), "it is recorded again");
    (engine, place)
}

fn copied(engine: &FakeEngine, from: &Place, copy: Copy) -> Place {
    let place = Place::with_engine(&engine.host);
    copy(from.dir.path(), place.dir.path());
    place
}

#[test]
fn a_copied_archive_is_kept() {
    let (engine, original) = original();
    for (name, copy) in COPIES {
        let place = copied(&engine, &original, *copy);
        let said = place.run(&["update", "web:1.0.0.1"]);
        assert!(said.stdout.contains("  unchanged  "), "{name}: {said:?}");
        assert_eq!(place.state(), original.state(), "{name}");
        assert!(place.run(&["verify"]).code == 0, "{name}");
        // An archive that was read is recorded again.
        let again = place.run(&["update", "web:1.0.0.1"]);
        assert!(!again.stderr.contains("reading"), "{name}: {again:?}");
    }
}

#[test]
fn an_incomplete_copy_is_not_kept() {
    let (engine, original) = original();
    for (name, copy) in COPIES {
        let place = copied(&engine, &original, *copy);
        let archive = place.files().remove(0);
        let content = std::fs::read(place.artifacts().join(&archive)).unwrap();
        std::fs::write(place.artifacts().join(&archive), &content[..content.len() / 2]).unwrap();
        assert_eq!(place.run(&["cat", "web"]).code, 5, "{name}");
        let said = place.run(&["update", "web:1.0.0.1"]);
        assert!(said.stdout.contains("  saved  "), "{name}: {said:?}");
        assert_eq!(place.ok(&["path", "web"]).trim(), format!("artifacts/{archive}"), "{name}");
        assert_eq!(place.run(&["verify"]).code, 0, "{name}");
    }
}

#[test]
fn the_record_of_a_replaced_archive_is_ignored() {
    let (engine, original) = original();
    let other = pack(&Image::new("web:1.0.0.1", 2).docker_folders());
    for (name, copy) in COPIES {
        let place = copied(&engine, &original, *copy);
        let archive = place.files().remove(0);
        std::fs::write(place.artifacts().join(&archive), &other).unwrap();
        let said = place.run(&["update", "web:1.0.0.1"]);
        assert!(said.stdout.contains("  saved  "), "{name}: {said:?}");
        assert_eq!(place.run(&["verify"]).code, 0, "{name}: {said:?}");
    }
}

#[test]
fn records_without_archives_are_ignored() {
    let (engine, original) = original();
    let place = copied(&engine, &original, only_the_records);
    assert_eq!(place.run(&["path", "web"]).code, 3);
    assert!(place.ok(&["update", "web:1.0.0.1"]).contains("  saved  "));
}
