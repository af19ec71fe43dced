//! A socket that the user may not use.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::net::UnixListener;
use std::process::Command;

use crate::command::{Place, Said};

/// Lists images with a socket that belongs to this group, as a user who is not in it.
fn refused(group: Option<u32>) -> Option<Said> {
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let socket = folder.path().join("engine.sock");
    let _listener = UnixListener::bind(&socket).unwrap();
    fs::set_permissions(&socket, Permissions::from_mode(0o0)).unwrap();
    if let Some(group) = group {
        fs::set_permissions(&socket, Permissions::from_mode(0o660)).unwrap();
        chown(&socket, None, Some(group)).ok()?;
    }
    let place = Place::with_engine(&format!("unix://{}", socket.display()));
    let arguments = ["update", "web:1"];
    let mut command = match is_root {
        false => place.command(&arguments),
        true => {
            let program = sealift_testing::program("setpriv")?;
            let mut nobody = Command::new(program);
            nobody.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
            nobody.args(["--inh-caps=-all", "--"]);
            fs::set_permissions(place.dir.path(), Permissions::from_mode(0o777)).unwrap();
            place.command_by(nobody, &arguments)
        }
    };
    Some(place.said(command.output().unwrap()))
}

#[test]
fn the_group_of_a_socket_is_named() {
    // `users` has this number on Debian and most others.
    let groups = fs::read_to_string("/etc/group").unwrap();
    assert!(groups.contains("\nusers:x:100:"), "{groups}");
    let Some(said) = refused(Some(100)) else { return };
    insta::assert_snapshot!(said.refusal(), @"
    [6]
    error: cannot inspect `web:1` in the engine at HOST
      caused by: permission denied for HOST (from DOCKER_HOST)
    hint: add your user to the group of the socket and log in again: sudo usermod -aG users $USER
    ");
}

#[test]
fn a_socket_without_a_group_belongs_to_another_user() {
    let Some(said) = refused(None) else { return };
    insta::assert_snapshot!(said.refusal(), @"
    [6]
    error: cannot inspect `web:1` in the engine at HOST
      caused by: permission denied for HOST (from DOCKER_HOST)
    hint: the socket belongs to another user; to use rootless Podman, run systemctl --user start podman.socket and pass --host unix://$XDG_RUNTIME_DIR/podman/podman.sock
    ");
}
