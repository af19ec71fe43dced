//! Whoever interrupts a save finds the folder as it was.

use std::process::{Child, Command};

use sealift_testing::layouts::{Image, pack};

use crate::command::Place;
use crate::fake_engine::{FakeEngine, Save};

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status();
    assert!(sent.unwrap().success());
}

#[test]
fn a_save_that_is_interrupted_leaves_the_folder_as_before() {
    let image = Image::new("web:1", 1);
    let half = pack(&image.podman())[..5000].to_vec();
    for name in ["INT", "TERM", "HUP"] {
        for compress in [&[][..], &["--compress"]] {
            let mut engine = FakeEngine::new(&image, Save::Stalls(half.clone()));
            let place = Place::with_engine(&engine.host);
            place.put("readme.txt", b"mine");
            let before = place.state();
            let arguments = [&["update", "web:1"][..], compress].concat();
            let child = place.spawn(&mut place.command(&arguments));
            engine.sent.recv().unwrap();
            signal(&child, name);
            let said = place.said(child.wait_with_output().unwrap());
            engine.release();
            assert_eq!(said.code, 130, "{name}: {said:?}");
            assert!(said.stderr.ends_with("interrupted; nothing was left half done\n"), "{said:?}");
            assert_eq!(place.state(), before, "{name}");
        }
    }
}

#[test]
fn a_killed_save_leaves_a_staging_file_that_the_next_writer_sweeps() {
    let image = Image::new("web:1", 1);
    let tar = pack(&image.podman());
    let engine = FakeEngine::new(&image, Save::Stalls(tar[..5000].to_vec()));
    let place = Place::with_engine(&engine.host);
    let mut child = place.spawn(&mut place.command(&["update", "web:1"]));
    engine.sent.recv().unwrap();
    signal(&child, "KILL");
    child.wait().unwrap();
    let left = place.files();
    assert!(left.len() == 1 && left[0].ends_with(".part"), "{left:?}");
    assert_eq!(place.ok(&["list", "--json"]), "[]\n");

    let sound = FakeEngine::new(&image, Save::Ends(tar));
    let said =
        place.command(&["update", "web:1"]).env("DOCKER_HOST", &sound.host).output().unwrap();
    assert!(said.status.success(), "{said:?}");
    let files = place.files();
    assert!(files.len() == 1 && files[0].ends_with(".docker"), "{files:?}");
}
