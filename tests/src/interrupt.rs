//! Whoever interrupts a call at a terminal interrupts all of its processes.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use sealift_testing::layouts::{Image, pack};

use crate::command::{Place, write_script};

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
