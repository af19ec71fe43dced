//! An interrupt at a terminal reaches all processes of a call.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use sealift_testing::layouts::{Image, pack};

use crate::command::{Place, Said, write_script};
use crate::fake_engine::{FakeEngine, Load, Save, shown};

/// Ctrl-C at a terminal reaches every process of the call. If ssh ended first, the host would seem
/// unreachable.
#[test]
fn an_interrupt_at_the_terminal_does_not_end_ssh_first() {
    for arguments in [&["update", "web:1"][..], &["load", "web:1"], &["env"]] {
        let place = Place::with_engine("ssh://edge");
        let image = Image::new("web:1", 1);
        place.put(&format!("web_1_{}.docker", &image.id()[7..19]), &pack(&image.podman()));
        // A stub of ssh that prints its process group, and connects to nothing.
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
        assert_ne!(of_ssh.trim(), child.id().to_string(), "the terminal's signals reach ssh");
        let all = format!("-{}", child.id());
        assert!(Command::new("kill").args(["-INT", "--", &all]).status().unwrap().success());
        let said = place.said(child.wait_with_output().unwrap());
        assert_eq!((said.code, said.stdout.as_str()), (130, ""), "{arguments:?}: {said:?}");
        assert!(said.stderr.ends_with("interrupted; nothing was left half done\n"), "{said:?}");
    }
}

/// Interrupts the command as soon as the engine stalls.
fn interrupted(place: &Place, engine: &FakeEngine, arguments: &[&str]) -> Said {
    let child = place.spawn(&mut place.command(arguments));
    engine.sent.recv().unwrap();
    let said = place.interrupted(child);
    assert_eq!(said.code, 130, "{said:?}");
    said
}

#[test]
fn results_before_an_interrupt_are_reported() {
    let image = Image::new("web:1", 1);
    let tar = pack(&image.podman());
    let engine = FakeEngine::new(&image, Save::Stalls(tar[..1000].to_vec()));
    let place = Place::with_engine(&engine.host);
    std::fs::write(place.dir.path().join("file"), &tar).unwrap();
    place.ok(&["add", "file"]);
    let arguments = ["update", "web:1", "web:2", "web:3", "--clean", "--progress", "none"];
    let said = interrupted(&place, &engine, &arguments);
    assert_eq!(said.stdout, "web:1  unchanged  artifacts/web_1_317c8f756f53.docker\n");
    insta::assert_snapshot!(said.stderr, @"
    web:2  interrupted
    web:3  interrupted
    1 unchanged, 2 interrupted
    interrupted; nothing was left half done
    ");
    let said = interrupted(&place, &engine, &[&arguments[..], &["--json=lines"]].concat());
    let lines: Vec<serde_json::Value> =
        said.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["id"], lines.len()), (&"317c8f756f53".into(), 3), "{said:?}");
    assert_eq!(lines[1]["error"]["code"], "interrupted", "{said:?}");
    let said = interrupted(&place, &engine, &[&arguments[..], &["--json"]].concat());
    let documents: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(documents[0]["id"], "317c8f756f53");
    assert_eq!(documents[2]["error"]["code"], "interrupted");
    assert_eq!(documents.as_array().unwrap().len(), 3);
}

#[test]
fn loads_before_an_interrupt_are_reported() {
    let (first, second) = (Image::new("web:1", 1), Image::new("web:2", 2));
    // The engine has the first image under every name.
    let engine = FakeEngine::having(shown(&first), Load::Stalls);
    let place = Place::with_engine(&engine.host);
    for image in [&first, &second] {
        std::fs::write(place.dir.path().join("file"), pack(&image.podman())).unwrap();
        place.ok(&["add", "file"]);
    }
    let said = interrupted(&place, &engine, &["load", "web:1", "web:2", "--progress", "none"]);
    assert!(said.stdout.starts_with("web:1  unchanged  "), "{said:?}");
    assert_eq!(said.stdout.lines().count(), 1, "{said:?}");
    insta::assert_snapshot!(said.stderr, @"
    web:2  interrupted
    interrupted; nothing was left half done
    1 unchanged, 1 interrupted
    ");
    assert_eq!(engine.whole_loads(), 0);
}
