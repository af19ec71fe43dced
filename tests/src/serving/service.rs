//! The server as a service: systemd's sockets, its end, and read-only folders.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Stdio};

use sealift_testing::layouts::{Image, file, noise, pack};

use crate::command::Place;
use crate::serving::{Answer, Serving, add, add_zip};

/// More bytes than the buffers of a connection hold.
const LARGE: usize = 24 << 20;

#[test]
fn a_socket_that_systemd_passes_is_used() {
    let place = Place::new();
    add(&place, "web:1.0.0.1", 1);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let ready = place.dir.path().join("notify");
    let manager = UnixDatagram::bind(&ready).unwrap();
    // The shell does the same as systemd: the sockets begin at descriptor 3.
    let pass = |arguments: &[&str], listener: &TcpListener| {
        let mut shell = Command::new("sh");
        shell.args(["-c", r#"LISTEN_FDS=1 LISTEN_PID=$$ exec "$@" 3<&0 0</dev/null"#, "sh"]);
        let mut command = place.command_by(shell, arguments);
        let socket = OwnedFd::from(listener.try_clone().unwrap());
        command.stdin(Stdio::from(socket)).env("NOTIFY_SOCKET", &ready);
        command
    };
    let refused = pass(&["serve", "--listen", "127.0.0.1:0"], &listener).output().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    let serving = Serving::run(&mut pass(&["serve", "--json"], &listener));
    drop(listener);
    assert_eq!(serving.start["addresses"][0], address);
    let mut state = [0; 64];
    let length = manager.recv(&mut state).unwrap();
    assert_eq!(&state[..length], b"READY=1");
    assert_eq!(serving.get("/healthz").status, 200);
    assert_eq!(serving.stop().0, Some(0));
}

#[test]
fn a_descriptor_that_is_not_a_socket_is_an_error() {
    let place = Place::new();
    add(&place, "web:1.0.0.1", 1);
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"LISTEN_FDS=1 LISTEN_PID=$$ exec "$@" 3</dev/null"#, "sh"]);
    let output = place.command_by(shell, &["serve"]).output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("error: cannot listen at the sockets that systemd passed"), "{errors}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn the_server_listens_at_several_addresses() {
    let place = Place::new();
    add(&place, "web:1.0.0.1", 1);
    let serving = Serving::start_with(&place, &["--listen", "127.0.0.2:0"]);
    let addresses = serving.start["addresses"].as_array().unwrap();
    assert_eq!(addresses.len(), 2);
    for address in addresses {
        let mut socket = TcpStream::connect(address.as_str().unwrap()).unwrap();
        socket.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).unwrap();
        assert_eq!(Answer::parse(answer).status, 200);
    }
}

/// Adds an image with a large layer, and starts to download its archive. Returns the connection
/// after the head of the answer, and the expected remaining bytes.
fn begun_download(place: &Place, serving: &Serving) -> (TcpStream, Vec<u8>) {
    let name = place.files().remove(0);
    let mut socket = TcpStream::connect(&serving.host).unwrap();
    write!(socket, "GET /{name} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        socket.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    assert!(head.starts_with(b"HTTP/1.1 200 "));
    (socket, fs::read(place.artifacts().join(name)).unwrap())
}

fn add_large(place: &Place) {
    let mut image = Image::new("web:1.0.0.1", 1);
    image.layers.push(pack(&[file("noise", noise(LARGE))]));
    let saved = place.dir.path().join("image.tar");
    fs::write(&saved, pack(&image.podman())).unwrap();
    place.ok(&["add", saved.to_str().unwrap(), "-q"]);
}

#[test]
fn a_running_answer_is_complete_before_the_server_ends() {
    let place = Place::new();
    add_large(&place);
    let mut serving = Serving::start(&place);
    let (mut socket, expected) = begun_download(&place, &serving);
    serving.ask_to_stop();
    while TcpStream::connect(&serving.host).is_ok() {
        std::thread::yield_now();
    }
    let mut rest = vec![0; expected.len()];
    socket.read_exact(&mut rest).unwrap();
    assert!(rest == expected);
    let mut more = Vec::new();
    socket.read_to_end(&mut more).unwrap();
    assert!(more.is_empty());
    assert_eq!(serving.child.wait().unwrap().code(), Some(0));
}

#[test]
fn an_archive_that_is_removed_during_a_download_arrives_complete() {
    let place = Place::new();
    add_large(&place);
    let serving = Serving::start(&place);
    let (mut socket, expected) = begun_download(&place, &serving);
    let name = place.files().remove(0);
    fs::remove_file(place.artifacts().join(&name)).unwrap();
    serving.wait_for(&format!("/{name}"), 404);
    assert_eq!(serving.get("/v2/web/manifests/1.0.0.1").status, 404);
    let mut rest = vec![0; expected.len()];
    socket.read_exact(&mut rest).unwrap();
    assert!(rest == expected);
}

/// Removes the permission to write to a folder and everything in it.
fn protect(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => protect(&path),
            false => fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap(),
        }
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(0o555)).unwrap();
}

#[test]
fn a_folder_is_served_without_permission_to_write() {
    let place = Place::new();
    add_zip(&place, "web:1.0.0.1", 1);
    add(&place, "api:1.0.0.1", 2);
    // The archives have no records, and none can be written.
    fs::remove_dir_all(place.artifacts().join(".sealift")).unwrap();
    protect(&place.artifacts());
    fs::set_permissions(place.dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let before = place.state();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--json"];
    let mut command = match rustix::process::geteuid().is_root() {
        true => {
            let mut nobody = Command::new("setpriv");
            nobody.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]);
            place.command_by(nobody, &serve)
        }
        false => place.command(&serve),
    };
    let serving = Serving::run(&mut command);
    for name in place.files() {
        serving.wait_for(&format!("/{name}"), 200);
        assert_eq!(serving.get(&format!("/{name}")).body, before[&name]);
    }
    let manifest = serving.json("/v2/web/manifests/latest");
    for layer in manifest["layers"].as_array().unwrap() {
        let path = format!("/v2/web/blobs/{}", layer["digest"].as_str().unwrap());
        assert_eq!(serving.get(&path).status, 200);
    }
    assert_eq!(serving.stop().0, Some(0));
    assert!(!place.artifacts().join(".sealift").exists());
    // Otherwise the folder could not be removed.
    fs::set_permissions(place.artifacts(), fs::Permissions::from_mode(0o755)).unwrap();
}
