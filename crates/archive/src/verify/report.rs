//! Detection of an error report that an engine appends to a stream.
//!
//! Engines send the status 200 before they start to save. If the save fails after that, some of
//! them append a JSON object with the error to the tar.

use serde_json::Value;

use crate::error::Fault;

/// The starts of the JSON object: `{"errorDetail":{"message":…},…}` or `{"error":…}` from Docker,
/// and `{"cause":…,"message":…,"response":…}` from Podman.
const STARTS: [&[u8]; 4] = [b"{\"errorDetail\"", b"{\"error\"", b"{\"cause\"", b"{\"message\""];

/// The keys of the JSON object.
const KEYS: [&str; 6] = ["errorDetail", "error", "cause", "message", "response", "code"];

/// Returns `true` if the last bytes of a stream can contain a report, even an incomplete one.
pub(crate) fn may_report(tail: &[u8]) -> bool {
    let has_begun = |at: usize| STARTS.iter().any(|start| start.starts_with(&tail[at..]));
    starts(tail).next().is_some() || (tail.len().saturating_sub(16)..tail.len()).any(has_begun)
}

/// Returns the engine's report in the last bytes of an incomplete stream. `received` is the number
/// of bytes in the complete stream.
///
/// Files in images can contain objects with messages as well. Therefore an object that does not
/// have an `errorDetail` is a report only if nothing follows it and if it has no other keys.
pub(crate) fn last_report(tail: &[u8], received: u64) -> Option<Fault> {
    starts(tail).find_map(|start| {
        let message = message(&tail[start..])?;
        let at = received - (tail.len() - start) as u64;
        Some(Fault::Engine { at, message })
    })
}

/// Returns the offsets at which a report can start, the last one first.
fn starts(tail: &[u8]) -> impl Iterator<Item = usize> {
    let is_start = |at: &usize| STARTS.iter().any(|start| tail[*at..].starts_with(start));
    (0..tail.len()).rev().filter(is_start)
}

fn message(bytes: &[u8]) -> Option<String> {
    let mut values = serde_json::Deserializer::from_slice(bytes).into_iter::<Value>();
    let value = values.next()?.ok()?;
    let text = |value: &Value| value.as_str().map(|text| text.trim().to_owned());
    if let Some(message) = text(&value["errorDetail"]["message"]) {
        return Some(message);
    }
    let is_last = bytes[values.byte_offset()..].iter().all(u8::is_ascii_whitespace);
    let is_nothing_else = value.as_object()?.keys().all(|key| KEYS.contains(&key.as_str()));
    let message = ["error", "message", "cause"].iter().find_map(|key| text(&value[*key]));
    message.filter(|_| is_last && is_nothing_else)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(tail: &str) -> Option<String> {
        match last_report(tail.as_bytes(), 100)? {
            Fault::Engine { at, message } => Some(format!("{message} at {at}")),
            fault => Some(fault.to_string()),
        }
    }

    #[test]
    fn reports_of_all_engines_are_recognized() {
        for report in [
            "{\"errorDetail\":{\"message\":\"no space\"},\"error\":\"x\"}\r\n",
            "{\"error\":\"no space\"}\n",
            "{\"error\":\"no space\\n\",\"errorDetail\":{}}",
            "{\"cause\":\"x\",\"message\":\"no space\",\"response\":500}\n",
            "{\"message\":\"no space\"}",
        ] {
            let at = 100 - report.len();
            assert_eq!(words(&format!("layer{report}")), Some(format!("no space at {at}")));
        }
    }

    #[test]
    fn similar_content_of_files_is_not_a_report() {
        for tail in [
            "{\"message\":\"hello\"}\0\0",
            "{\"message\":\"hello\",\"name\":\"a\"}",
            "{\"error\":\"hel",
            "{\"error\":{\"deep\":1}}",
            "{\"status\":\"x\"}",
        ] {
            assert_eq!(words(tail), None, "{tail}");
        }
    }
}
