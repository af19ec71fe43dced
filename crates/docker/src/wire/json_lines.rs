//! Parses the JSON lines in which engines report the progress of a load or a build.

use serde_json::Value;

use crate::failure::Failure;

/// The maximum number of bytes without the end of a line. A usual line is a few kilobytes long.
const LINE_LIMIT: usize = 4 << 20;

/// A line of an engine's answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum AnswerLine {
    Json(Value),
    /// Text that is not JSON: an error that the engine wrote as plain text.
    Text(String),
}

/// Cuts an answer into lines, regardless of the pieces in which it arrives.
#[derive(Debug, Default)]
pub(crate) struct AnswerReader {
    pending: Vec<u8>,
}

impl AnswerReader {
    /// Adds bytes, and passes each line that they complete to `on_line`.
    pub(crate) fn push(
        &mut self,
        bytes: &[u8],
        on_line: &mut (dyn FnMut(AnswerLine) -> Result<(), Failure> + Send),
    ) -> Result<(), Failure> {
        self.pending.extend_from_slice(bytes);
        while let Some(line) = take_line(&mut self.pending, false) {
            on_line(line)?;
        }
        if self.pending.len() > LINE_LIMIT {
            return Err(Failure::TooLong { what: "line", limit: LINE_LIMIT as u64 });
        }
        Ok(())
    }

    /// Passes on the remaining lines at the proper end of the answer.
    pub(crate) fn finish(
        mut self,
        on_line: &mut (dyn FnMut(AnswerLine) -> Result<(), Failure> + Send),
    ) -> Result<(), Failure> {
        while let Some(line) = take_line(&mut self.pending, true) {
            on_line(line)?;
        }
        Ok(())
    }
}

/// Removes one line from the front as soon as it is complete. Docker ends each object with a line
/// break; Podman does not always do so.
fn take_line(pending: &mut Vec<u8>, is_complete: bool) -> Option<AnswerLine> {
    let start =
        pending.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(pending.len());
    pending.drain(..start);
    if pending.is_empty() {
        return None;
    }
    if pending[0] == b'{' {
        let mut values = serde_json::Deserializer::from_slice(pending).into_iter::<Value>();
        match values.next() {
            Some(Ok(value)) => {
                let end = values.byte_offset();
                pending.drain(..end);
                return Some(AnswerLine::Json(value));
            }
            Some(Err(error)) if error.is_eof() && !is_complete => return None,
            _ => {}
        }
    }
    let end = match pending.iter().position(|&byte| byte == b'\n') {
        Some(end) => end,
        None if is_complete => pending.len(),
        None => return None,
    };
    let line: Vec<u8> = pending.drain(..end).collect();
    Some(AnswerLine::Text(String::from_utf8_lossy(&line).trim().to_owned()))
}

/// Returns the error that a line reports, with its code if it has one. An error is found whatever
/// else the line contains.
pub(crate) fn reported(line: &AnswerLine) -> Option<(String, Option<i64>)> {
    let value = match line {
        AnswerLine::Text(text) => return Some((text.clone(), None)),
        AnswerLine::Json(value) => value,
    };
    reported_in(value)
}

/// Returns the error that an object reports: Docker's `errorDetail` or `error`, or the `message`
/// and `cause` with which an API refuses a request.
pub(crate) fn reported_in(value: &Value) -> Option<(String, Option<i64>)> {
    let text = |value: &Value| {
        value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let detail = &value["errorDetail"];
    let is_refusal = ["message", "cause"].iter().any(|key| value[*key].is_string())
        && ["stream", "status", "aux", "id"].iter().all(|key| value[*key].is_null());
    if detail.is_null() && value["error"].is_null() && !is_refusal {
        return None;
    }
    let message = text(&detail["message"])
        .or_else(|| text(&value["error"]))
        .or_else(|| text(&value["message"]))
        .or_else(|| text(&value["cause"]));
    let message = message.unwrap_or_else(|| "an error without a message".to_owned());
    Some((message, detail["code"].as_i64()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{AnswerLine, AnswerReader, LINE_LIMIT, reported, take_line};

    fn lines(text: &str) -> Vec<AnswerLine> {
        let mut pending = text.as_bytes().to_vec();
        std::iter::from_fn(|| take_line(&mut pending, true)).collect()
    }

    #[test]
    fn objects_can_follow_each_other_without_line_breaks() {
        let found = lines("{\"a\":1}\r\n{\"b\":2}{\"c\":3}\n\n");
        assert_eq!(
            found,
            [json!({"a": 1}), json!({"b": 2}), json!({"c": 3})].map(AnswerLine::Json)
        );
    }

    #[test]
    fn an_incomplete_object_is_kept_until_the_rest_arrives() {
        let mut pending = b"{\"stream\":\"a".to_vec();
        assert_eq!(take_line(&mut pending, false), None);
        pending.extend(b"b\"}");
        assert_eq!(take_line(&mut pending, false), Some(AnswerLine::Json(json!({"stream": "ab"}))));
    }

    #[test]
    fn plain_text_and_error_objects_are_errors() {
        let found = lines("Error unpacking image x: disk full\n");
        assert_eq!(
            reported(&found[0]),
            Some(("Error unpacking image x: disk full".to_owned(), None))
        );
        let found = lines("{\"errorDetail\":{\"code\":3,\"message\":\"no\"},\"error\":\"no\"}");
        assert_eq!(reported(&found[0]), Some(("no".to_owned(), Some(3))));
        assert_eq!(reported(&AnswerLine::Json(json!({"stream": "x"}))), None);
        assert_eq!(
            reported(&AnswerLine::Json(json!({"status": "x", "message": "of a layer"}))),
            None
        );
    }

    #[test]
    fn an_error_is_found_whatever_else_the_line_contains() {
        let message = |line| reported(&AnswerLine::Json(line)).unwrap().0;
        assert_eq!(message(json!({"error": "only the old field\n"})), "only the old field");
        assert_eq!(message(json!({"stream": "x", "error": "beside it"})), "beside it");
        assert_eq!(message(json!({"errorDetail": {"message": ""}, "error": "here"})), "here");
        assert_eq!(message(json!({"message": "as a refusal"})), "as a refusal");
        let podman = json!({"cause": "EOF", "message": "payload: EOF", "response": 500});
        assert_eq!(message(podman), "payload: EOF");
        assert_eq!(message(json!({"cause": "EOF", "message": ""})), "EOF");
        let wordless = "an error without a message";
        assert_eq!(message(json!({"errorDetail": {}})), wordless);
        assert_eq!(message(json!({"error": ""})), wordless);
    }

    #[test]
    fn the_lines_do_not_depend_on_the_pieces_of_the_answer() {
        let answer = "{\"a\":\"ü\\n\"}\r\n{\"b\":2}plain ü\n\n{\"c\"";
        let read = |pieces: &[&[u8]]| {
            let mut lines = Vec::new();
            let mut on_line = |line| {
                lines.push(line);
                Ok(())
            };
            let mut reader = AnswerReader::default();
            for piece in pieces {
                reader.push(piece, &mut on_line).unwrap();
            }
            reader.finish(&mut on_line).unwrap();
            lines
        };
        let bytes: Vec<&[u8]> = answer.as_bytes().chunks(1).collect();
        let whole = read(&[answer.as_bytes()]);
        assert_eq!(whole.len(), 4);
        assert_eq!(read(&bytes), whole);
    }

    #[test]
    fn the_length_of_an_unfinished_line_is_limited() {
        let mut reader = AnswerReader::default();
        let pushed = reader.push(&vec![b'x'; LINE_LIMIT + 1], &mut |_| Ok(()));
        assert_eq!(pushed.unwrap_err().kind(), crate::error_kind::ErrorKind::Unintelligible);
    }
}
