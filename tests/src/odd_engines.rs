//! Loads into fake engines that answer early, late, twice or not at all, at several points of the
//! upload.

use sealift_testing::layouts::{Image, file, noise, pack};

use crate::command::{Place, Said};
use crate::fake_engine::{FakeEngine, Load, shown};

const LOADED: &str = "{\"stream\":\"Loaded image: web:1.0.0.1\\n\"}\n";
const WORDS: &str = "no space left on device";

/// Returns an image that is larger than the buffers of a socket and of pipes.
fn image() -> Image {
    let mut image = Image::new("web:1.0.0.1", 1);
    image.layers[0] = pack(&[file("noise", noise(1_500_000))]);
    image
}

/// Loads the image into an engine that reads this many bytes and then sends this answer. Afterwards
/// the engine has the image or not.
fn load(read: usize, answer: &str, has_image: bool) -> Said {
    let image = image();
    let load = Load::Says { read, answer: answer.into(), has_image };
    let engine = FakeEngine::loading(shown(&image), load);
    let place = Place::with_engine(&engine.host);
    std::fs::write(place.dir.path().join("file"), pack(&image.podman())).unwrap();
    place.ok(&["add", "file"]);
    let said = place.run(&["load", "web", "--progress", "none"]);
    assert_ne!(said.code, 101, "{said:?}");
    assert!(!said.stderr.contains("panicked"), "{said:?}");
    said
}

/// The number of bytes that are read before the answer: none, some, most, all.
const POINTS: [usize; 4] = [0, 10_000, 1_400_000, usize::MAX];

fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn a_success_is_accepted_at_any_time_if_the_engine_has_the_image() {
    let success = answer("200 OK", LOADED);
    let progress = format!("{}\r\n", "{\"status\":\"Loading layer\",\"id\":\"1\"}".repeat(100));
    let answers = [
        success.clone(),
        answer("200 OK", ""),
        answer("200 OK", &(progress + LOADED)),
        format!("HTTP/1.1 100 Continue\r\n\r\n{success}"),
        // Twice: bytes after an answer do not belong to this request.
        success.repeat(2),
        success + &answer("500 No", WORDS),
    ];
    for read in POINTS {
        for answer in &answers {
            let said = load(read, answer, true);
            assert_eq!(said.code, 0, "{read}, {answer}: {said:?}");
            let said = load(read, answer, false);
            assert_eq!(said.code, 5, "{read}, {answer}: {said:?}");
            assert!(said.stderr.contains("does not have `web:1.0.0.1`"), "{said:?}");
        }
    }
}

#[test]
fn the_engines_error_is_printed_at_any_time() {
    let answers = [
        answer("500 No", &format!("{{\"message\":\"{WORDS}\"}}")),
        answer("507 No", WORDS),
        answer("200 OK", &format!("{{\"error\":\"{WORDS}\"}}")),
        answer("200 OK", &format!("{{\"message\":\"{WORDS}\"}}")),
        answer("200 OK", &format!("{{\"cause\":\"x\",\"message\":\"{WORDS}\",\"response\":500}}")),
        answer("200 OK", &format!("{LOADED}{{\"errorDetail\":{{\"message\":\"{WORDS}\"}}}}")),
    ];
    for read in POINTS {
        for answer in &answers {
            let said = load(read, answer, true);
            assert_eq!(said.code, 1, "{read}, {answer}: {said:?}");
            assert!(said.stderr.contains(&format!("the engine reported: {WORDS}")), "{said:?}");
        }
    }
}

#[test]
fn an_invalid_answer_is_an_error() {
    let answers = [
        "",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"stream\":\"Loa",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "\0\u{1}\u{2}\u{3}",
    ];
    for read in POINTS {
        for answer in answers {
            let said = load(read, answer, false);
            assert_eq!(said.code, 1, "{read}, {answer}: {said:?}");
            assert!(said.stderr.starts_with("error: cannot load an archive into"), "{said:?}");
        }
    }
}
