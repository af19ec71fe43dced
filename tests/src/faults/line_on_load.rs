//! Connection faults during a load into a fake engine: exit code and message are right, and an
//! image is never reported as loaded if the engine does not have it.

use super::bench::{Seed, scenario};
use super::saved::{Saved, made};
use super::stand::{Stand, archives_of};
use crate::fake_engine::{FakeEngine, Load};

/// Creates a folder with this image's archive, plain or as a zip.
fn with_archive(saved: &Saved, engine: &FakeEngine, seed: &mut Seed) -> Stand {
    let stand = Stand::new(&engine.host);
    std::fs::write(stand.place.dir.path().join("file"), &saved.tar).unwrap();
    let mut arguments = vec!["add", "file", "--name", &saved.reference];
    if *seed.any(&[false, true]) {
        arguments.push("--compress");
    }
    stand.place.ok(&arguments);
    let before = stand.now();
    Stand { before, ..stand }
}

/// Loads into such an engine. The error must contain all of these words, and the folder must not
/// change.
fn refused(load: Load, code: i32, words: &[&str], seed: &mut Seed) -> FakeEngine {
    let saved = made(seed);
    let engine = FakeEngine::loading(saved.shown_after_load.clone(), load);
    let stand = with_archive(&saved, &engine, seed);
    let said = stand.place.run(&["load", &saved.reference, "--progress", "none"]);
    for words in words {
        stand.assert_refused(&said, code, words);
    }
    engine
}

const CANNOT: &str = "cannot load an archive into the engine at HOST";

/// Returns the number of bytes that an engine reads before the fault: none, some, or all.
fn some_bytes(seed: &mut Seed) -> usize {
    match seed.choose(&[0, 1, 2]) {
        0 => 0,
        1 => 1 + seed.below(12_000),
        _ => usize::MAX,
    }
}

#[test]
fn whole() {
    scenario(5, |seed| {
        let saved = made(seed);
        let engine = FakeEngine::loading(saved.shown_after_load.clone(), Load::Takes);
        let stand = with_archive(&saved, &engine, seed);
        let loaded = stand.place.ok(&["load", &saved.reference]);
        assert!(loaded.contains("  loaded  "), "{loaded}");
        assert_eq!(engine.whole_loads(), 1);
        "loaded".to_owned()
    });
}

#[test]
fn interrupted() {
    scenario(12, |seed| {
        let limit = some_bytes(seed);
        refused(Load::BreaksOff(limit), 1, &[CANNOT, "the connection was lost"], seed);
        "refused with 1".to_owned()
    });
}

#[test]
fn refused_with_a_message() {
    scenario(12, |seed| {
        let body = "{\"message\":\"no space left on device\"}".to_owned();
        let load = Load::Answers(some_bytes(seed), 500, body);
        refused(load, 1, &[CANNOT, "the engine reported: no space left on device"], seed);
        "refused with 1".to_owned()
    });
}

#[test]
fn refused_in_plain_text() {
    scenario(12, |seed| {
        let body = "Error unpacking image".to_owned();
        let load = Load::Answers(some_bytes(seed), *seed.any(&[500, 200]), body);
        refused(load, 1, &[CANNOT, "the engine reported: Error unpacking image"], seed);
        "refused with 1".to_owned()
    });
}

#[test]
fn an_error_in_the_answer() {
    scenario(12, |seed| {
        let limit = some_bytes(seed);
        let before = *seed.any(&["", "{\"status\":\"Loading layer\",\"progressDetail\":{}}\r\n"]);
        let error =
            "{\"errorDetail\":{\"message\":\"no space left\"},\"error\":\"no space left\"}\r\n";
        let load = Load::Answers(limit, 200, format!("{before}{error}"));
        refused(load, 1, &[CANNOT, "the engine reported: no space left"], seed);
        "refused with 1".to_owned()
    });
}

/// The engine reports success, or is interrupted while it does, and does not have the image.
#[test]
fn reported_but_not_loaded() {
    scenario(6, |seed| {
        let said = seed.any(&["", "{\"stream\":\"Loaded image: other:1\\n\"}\n"]);
        let (load, code, words) = match seed.choose(&[0, 1, 2]) {
            0 => (Load::Forgets, 5, "but does not have"),
            1 => (Load::AnswersHalf, 1, "the connection was lost"),
            _ => (Load::Answers(usize::MAX, 200, (*said).to_owned()), 5, "but does not have"),
        };
        refused(load, code, &[words], seed);
        format!("refused with {code}")
    });
}

/// A damaged archive is never sent to its end, regardless of its record.
#[test]
fn a_damaged_archive() {
    scenario(12, |seed| {
        let saved = made(seed);
        let engine = FakeEngine::loading(saved.shown_after_load.clone(), Load::Takes);
        let stand = with_archive(&saved, &engine, seed);
        let (image, version) = saved.reference.split_once(':').unwrap();
        let name = archives_of(&stand.place, image).into_iter().find(|name| name.contains(version));
        let name = name.unwrap();
        let path = stand.place.artifacts().join(&name);
        let mut content = std::fs::read(&path).unwrap();
        let is_zip = name.ends_with(".zip");
        match seed.choose(&[false, true]) {
            false => content.truncate(seed.below(content.len() - 1)),
            true if is_zip => {
                // In the data of the member: its header is followed by at most two copies of the
                // name.
                let at = 300 + seed.below(content.len() / 2 - 300);
                content[at] ^= 1 << seed.below(8);
            }
            true => {
                let span = *seed.any(&saved.essential());
                content[span.content + seed.below(span.size)] ^= 1 << seed.below(8);
            }
        }
        // The time stays the same, as with a failing disk, so the record is used.
        let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
        std::fs::write(&path, content).unwrap();
        std::fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
        // The record may be marked as invalid, because damage was found.
        let archives = || {
            let mut now = stand.now();
            now.retain(|name, _| !name.starts_with(".sealift/records/"));
            now
        };
        let before = archives();
        let said = stand.place.run(&["load", &format!("{image}:{version}"), "--progress", "none"]);
        assert!(archives() == before, "the archives stay unchanged");
        if said.code == 0 {
            // The damage is in bytes that are not sent, such as the names: the engine has the
            // complete image.
            std::fs::write(stand.place.dir.path().join("received"), engine.received()).unwrap();
            let name = &saved.reference;
            let added =
                stand.place.ok(&["add", "received", "--name", name, "--dir", "other", "--json"]);
            assert!(added.contains(&saved.config), "{added}");
            return "loaded, as the damage does not matter".to_owned();
        }
        assert_eq!(engine.whole_loads(), 0, "the upload ended regularly: {said:?}");
        assert!(matches!(said.code, 3 | 5), "{said:?}");
        format!("refused with {}", said.code)
    });
}
