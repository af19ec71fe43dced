//! The output of builds: the id is the pattern's last match, and the events do not depend on the
//! pieces in which the answer arrives.

use std::sync::LazyLock;

use regex::Regex;
use sealift_docker::{SUCCESSFUL_BUILD_PATTERN, find_built_id, fuzzing};
use serde_json::json;

static PATTERN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(SUCCESSFUL_BUILD_PATTERN).expect("the published pattern"));

/// Checks the properties of a build's output. The first byte is the length of the pieces in which
/// the rest arrives.
pub fn holds(bytes: &[u8]) {
    let Some((&length, bytes)) = bytes.split_first() else { return };
    if let Ok(text) = std::str::from_utf8(bytes) {
        let last = PATTERN.captures_iter(text).last().and_then(|found| found.get(2));
        assert_eq!(find_built_id(text), last.map(|id| id.as_str()), "{text:?}");
    }
    let whole = fuzzing::follow_build([bytes]);
    let in_pieces = fuzzing::follow_build(bytes.chunks(usize::from(length) + 1));
    assert_eq!(whole, in_pieces, "the events depend on the pieces");
}

/// Returns answers of both builders.
pub fn seeds() -> Vec<Vec<u8>> {
    let lines = [
        vec![
            json!({"stream": "Step 1/2 : FROM a@sha256:00\n ---> 1b\n"}),
            json!({"stream": "Successfully built 2c3d\n"}),
            json!({"aux": {"ID": "sha256:3d"}}),
        ],
        vec![
            json!({"status": "Pulling fs layer", "id": "0123"}),
            json!({"stream": "\u{1b}[91mno\n\u{1b}[0m"}),
            json!({"errorDetail": {"code": 3, "message": "returned a non-zero code: 3"}, "error": "no"}),
        ],
        vec![
            json!({"id": "moby.buildkit.trace", "aux": "CgYKBHNoYTIaAhgB"}),
            json!({"id": "moby.image.id", "aux": {"ID": "sha256:3d"}}),
        ],
        vec![json!("no object"), json!({"stream": 1, "status": [], "aux": "x"})],
    ];
    let answers = lines.map(|lines| {
        let text: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
        format!("\u{3}{text}")
    });
    let mut seeds: Vec<Vec<u8>> = answers.map(String::into_bytes).into();
    seeds.push(b"\x05Error response from daemon: no\nSuccessfully built 0a".to_vec());
    seeds
}
