//! Whoever interrupts a save finds the folder as it was.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};

use sealift_testing::layouts::{Image, pack};

use crate::command::{Place, write_script};
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

/// Ctrl-C at a terminal goes to every process of the call; ssh's end would look like a host that can't be reached.
#[test]
fn an_interrupt_at_the_terminal_does_not_end_ssh_first() {
    for arguments in [&["update", "web:1"][..], &["load", "web:1"], &["env"]] {
        let place = Place::with_engine("ssh://edge");
        place.put("web_1_0123456789ab.docker", &pack(&Image::new("web:1", 1).podman()));
        // A stub of ssh that tells which group of processes it is in, and reaches nobody.
        let group = place.dir.path().join("group");
        assert!(Command::new("mkfifo").arg(&group).status().unwrap().success());
        let script = format!(
            "read -r pid name state parent group rest < /proc/$$/stat\necho $group > '{}'\ncat > /dev/null\n",
            group.display()
        );
        write_script(&place.dir.path().join("ssh"), &script);
        let path = format!("{}:{}", place.dir.path().display(), std::env::var("PATH").unwrap());
        let child = place.spawn(place.command(arguments).env("PATH", path).process_group(0));
        let of_ssh = std::fs::read_to_string(group).unwrap();
        assert_ne!(of_ssh.trim(), child.id().to_string(), "what the terminal sends reaches ssh");
        let all = format!("-{}", child.id());
        assert!(Command::new("kill").args(["-INT", "--", &all]).status().unwrap().success());
        let said = place.said(child.wait_with_output().unwrap());
        assert_eq!((said.code, said.stdout.as_str()), (130, ""), "{arguments:?}: {said:?}");
        assert!(said.stderr.ends_with("interrupted; nothing was left half done\n"), "{said:?}");
    }
}
