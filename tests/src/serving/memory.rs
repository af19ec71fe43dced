//! The memory of the server does not grow with the pulls.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use sealift_testing::layouts::{Image, file, noise, pack};
use serde_json::Value;

use crate::command::Place;
use crate::serving::Serving;

/// Limit for the memory of all answers, in MiB. Together with the memory of an optimized command
/// before the first answer, it is below 48 MiB, which the benchmark measures. A debug build needs
/// more.
const LIMIT: u64 = 36;
const PULLS: usize = 50;
const MIB: usize = 1 << 20;

/// Returns the peak memory of a process in MiB.
fn peak(serving: &Serving) -> u64 {
    let path = format!("/proc/{}/status", serving.child.id());
    let status = std::fs::read_to_string(path).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// Each engine requests its layers at the same time. Slow clients are the worst case, because the
/// memory of an answer is in use until it is complete.
#[test]
fn fifty_slow_pulls_need_little_memory() {
    let place = Place::new();
    let letters: Vec<u8> = noise(16 * MIB).iter().map(|byte| b'a' + byte % 64).collect();
    let mut image = Image::new("web:1.0.0.1", 1);
    let layer = |name: &str| pack(&[file(name, letters.clone())]);
    image.layers = vec![layer("a"), layer("b"), layer("c")];
    let saved = place.dir.path().join("image.tar");
    std::fs::write(&saved, pack(&image.podman())).unwrap();
    drop(image);
    place.ok(&["add", saved.to_str().unwrap(), "--compress", "-q"]);
    let serving = Serving::start(&place);
    let manifest: Value = serving.json("/v2/web/manifests/1.0.0.1");
    let before = peak(&serving);

    let mut pulls = Vec::new();
    for pull in 0..PULLS {
        for layer in manifest["layers"].as_array().unwrap() {
            let coding = if pull % 2 == 0 { "gzip" } else { "identity" };
            let request = format!(
                "GET /v2/web/blobs/{} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: {coding}\r\n\r\n",
                layer["digest"].as_str().unwrap()
            );
            let mut socket = TcpStream::connect(&serving.host).unwrap();
            socket.write_all(request.as_bytes()).unwrap();
            pulls.push(socket);
        }
    }
    // More than the buffers of the system.
    let mut piece = vec![0; MIB];
    for _ in 0..8 {
        for socket in &mut pulls {
            socket.read_exact(&mut piece).unwrap();
        }
    }
    let more = peak(&serving) - before;
    eprintln!("{before} MiB before, {more} MiB more with {} answers", pulls.len());
    assert!(more <= LIMIT, "{more} MiB more than the {before} MiB before");
}
