//! Many processes on one folder: every read finds complete archives, every update ends with its
//! archive in the folder, no process waits forever, and leftovers of a killed process do not
//! disturb others.

use std::sync::mpsc::channel;
use std::thread;

use sealift_testing::layouts::{Image, pack};
use sealift_testing::payload;
use serde_json::Value;

use super::bench::{Seed, scenario};
use super::saved::made;
use super::stand::{Stand, archives_of, staging_in};
use crate::command::{Place, Said};
use crate::fake_engine::{FakeEngine, Save, shown};

/// Saves of the same image reach the same point before one continues: one is published, and the
/// others find it.
#[test]
fn the_same_image_at_once() {
    scenario(8, |seed: &mut Seed| {
        let count = seed.choose(&[2, 3, 5]);
        let compressed = *seed.any(&[false, true]);
        let saved = made(seed);
        let save = Save::Pauses(saved.tar.clone(), seed.below(saved.tar.len()));
        let mut engine = FakeEngine::showing(vec![saved.shown.clone()], save);
        let stand = Stand::new(&engine.host);
        let mut arguments = vec!["update", &saved.reference, "--clean", "--json", "-q"];
        if compressed {
            arguments.push("--compress");
        }
        let children: Vec<_> =
            (0..*count).map(|_| stand.place.spawn(&mut stand.place.command(&arguments))).collect();
        for _ in &children {
            engine.sent.recv().unwrap();
        }
        engine.release();
        let all: Vec<Said> = children
            .into_iter()
            .map(|child| stand.place.said(child.wait_with_output().unwrap()))
            .collect();
        let mut published = 0;
        for said in all {
            assert_eq!(said.code, 0, "{said:?}");
            let done: Value = serde_json::from_str(&said.stdout).unwrap();
            published += usize::from(done[0]["saved"] == true);
            stand.assert_taken(&saved, &said, compressed);
        }
        assert_eq!(published, 1, "of {count} updates");
        format!("{count} updates, one publish")
    });
}

/// Creates an engine with one image of this name, whose content depends on the seed.
fn engine_with(tag: &str, seed: u8, is_stalled: bool) -> FakeEngine {
    let image = Image::new(tag, seed);
    let tar = pack(&image.docker_blobs());
    let save = if is_stalled { Save::Stalls(tar[..5000].to_vec()) } else { Save::Ends(tar) };
    FakeEngine::showing(vec![shown(&image)], save)
}

/// Runs a command, which must succeed, with this engine.
fn ok(place: &Place, host: &str, arguments: &[&str]) -> String {
    let output = place.command(arguments).env("DOCKER_HOST", host).output().unwrap();
    let said = place.said(output);
    assert_eq!(said.code, 0, "{arguments:?}: {said:?}");
    said.stdout
}

/// Updates with versions of an image, all of which stay.
fn write(place: &Place, number: u8, is_compressing: bool) {
    for patch in 0..3 {
        let tag = format!("web:2.{number}.{patch}.1");
        let engine = engine_with(&tag, 10 * number + patch, false);
        let mut arguments = vec!["update", &tag, "--json", "-q"];
        if is_compressing {
            arguments.push("--compress");
        }
        let done: Value = serde_json::from_str(&ok(place, &engine.host, &arguments)).unwrap();
        let path = place.dir.path().join(done[0]["path"].as_str().unwrap());
        assert!(path.exists(), "{} is missing after its update", path.display());
    }
}

/// Updates with versions of another image, of which only the last one stays.
fn write_and_clean(place: &Place) {
    for patch in 2..6 {
        let tag = format!("team/web:1.0.0.{patch}");
        let engine = engine_with(&tag, 100 + patch, false);
        ok(place, &engine.host, &["update", &tag, "--clean", "--compress"]);
        assert_eq!(archives_of(place, "team/web").len(), 1);
    }
}

/// Kills a save in its middle, twice.
fn be_killed(place: &Place) {
    for patch in 0..2 {
        let tag = format!("web:3.0.{patch}.1");
        let mut engine = engine_with(&tag, 200 + patch, true);
        let mut command = place.command(&["update", &tag]);
        let mut child = place.spawn(command.env("DOCKER_HOST", &engine.host));
        engine.sent.recv().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        engine.release();
    }
}

/// Reads in every way, this many times.
fn read(place: &Place, times: usize) {
    let web = pack(&Image::new("web:1.0.0.1", 1).podman());
    for _ in 0..times {
        let verified: Value = serde_json::from_str(&place.ok(&["verify", "--json", "-q"])).unwrap();
        for archive in verified.as_array().unwrap() {
            assert_eq!(archive["verdict"], "whole", "{archive}");
        }
        let cat = place.command(&["cat", "web:1.0.0.1", "-q"]).output().unwrap();
        assert!(cat.status.success(), "the archive can be read at any time");
        assert!(payload(&cat.stdout) == payload(&web), "the published content");
        let config: Value = serde_json::from_str(&place.ok(&["config", "-q"])).unwrap();
        assert!(config["web"].is_object(), "{config}");
        assert!(config["team/web"].is_object(), "{config}");
        place.ok(&["list", "--latest", "-q"]);
        let path = place.ok(&["path", "team/web"]);
        assert!(path.starts_with("artifacts/team/web_1.0.0."), "{path}");
    }
}

#[test]
fn writers_and_readers() {
    scenario(3, |seed: &mut Seed| {
        let stand = Stand::new("unix:///nonexistent/engine.sock");
        let place = &stand.place;
        let is_compressing: Vec<bool> = (0..3).map(|_| *seed.any(&[false, true])).collect();
        thread::scope(|scope| {
            // All threads begin together.
            let (begin, starts): (Vec<_>, Vec<_>) = (0..7).map(|_| channel::<()>()).unzip();
            let mut starts = starts.into_iter();
            let mut task = |work: Box<dyn FnOnce() + Send>| {
                let start = starts.next().unwrap();
                scope.spawn(move || {
                    let _ = start.recv();
                    work();
                })
            };
            let mut tasks = Vec::new();
            for (number, is_compressing) in (1..).zip(is_compressing) {
                tasks.push(task(Box::new(move || write(place, number, is_compressing))));
            }
            tasks.push(task(Box::new(move || write_and_clean(place))));
            tasks.push(task(Box::new(move || be_killed(place))));
            tasks.push(task(Box::new(move || read(place, 3))));
            tasks.push(task(Box::new(move || read(place, 3))));
            drop(begin);
            for task in tasks {
                task.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            }
        });
        stand.assert_only_whole_archives();
        assert_eq!(archives_of(place, "web").len(), 10);
        let last = engine_with("web:1.0.0.1", 1, false);
        ok(place, &last.host, &["update", "web:1.0.0.1"]);
        assert_eq!(
            staging_in(&stand.now()),
            Vec::<String>::new(),
            "leftovers of killed processes are removed"
        );
        "9 updates, 4 with clean, 2 killed, 30 reads".to_owned()
    });
}
