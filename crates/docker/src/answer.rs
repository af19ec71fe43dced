//! The lines of JSON in which engines tell how a load or a build goes.

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde_json::Value;

use crate::Failure;
use crate::transport::Transport;

/// How much may come without the end of a line: a line is a few kilobytes.
const LINE_LIMIT: usize = 4 << 20;

/// Something in an engine's answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Line {
    Json(Value),
    /// What isn't JSON is an error that the engine wrote as plain text.
    Text(String),
}

/// Reads an answer line by line.
pub(crate) struct Answer<'a> {
    transport: &'a Transport,
    body: Incoming,
    pending: Vec<u8>,
    received: u64,
    is_complete: bool,
}

impl<'a> Answer<'a> {
    pub(crate) fn new(transport: &'a Transport, body: Incoming) -> Self {
        Self { transport, body, pending: Vec::new(), received: 0, is_complete: false }
    }

    /// Gives the next line; the engine may be silent as long as it answers pings.
    pub(crate) async fn next(&mut self) -> Result<Option<Line>, Failure> {
        loop {
            if let Some(line) = take_line(&mut self.pending, self.is_complete) {
                return Ok(Some(line));
            }
            if self.is_complete {
                return Ok(None);
            }
            if self.pending.len() > LINE_LIMIT {
                return Err(Failure::unintelligible("a line of it has no end", None));
            }
            let (after, body) = (self.received, &mut self.body);
            let frame = self.transport.while_alive(async {
                let frame = body.frame().await.transpose();
                frame.map_err(|error| Failure::Broken { after, source: error.into() })
            });
            match frame.await? {
                None => self.is_complete = true,
                Some(frame) => {
                    if let Ok(bytes) = frame.into_data() {
                        self.received += bytes.len() as u64;
                        self.pending.extend_from_slice(&bytes);
                    }
                }
            }
        }
    }
}

/// Takes one line off the front, as soon as it is known to be whole. Docker ends each object with a line
/// break, Podman doesn't always.
fn take_line(pending: &mut Vec<u8>, is_complete: bool) -> Option<Line> {
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
                return Some(Line::Json(value));
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
    Some(Line::Text(String::from_utf8_lossy(&line).trim().to_owned()))
}

/// Gives the error that a line reports, with the code where it has one.
pub(crate) fn reported(line: &Line) -> Option<(String, Option<i64>)> {
    match line {
        Line::Text(text) => Some((text.clone(), None)),
        Line::Json(value) => {
            let detail = &value["errorDetail"];
            let message = detail["message"].as_str().or_else(|| value["error"].as_str())?;
            Some((message.trim().to_owned(), detail["code"].as_i64()))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Line, reported, take_line};

    fn lines(text: &str) -> Vec<Line> {
        let mut pending = text.as_bytes().to_vec();
        std::iter::from_fn(|| take_line(&mut pending, true)).collect()
    }

    #[test]
    fn objects_need_no_line_breaks_between_them() {
        let found = lines("{\"a\":1}\r\n{\"b\":2}{\"c\":3}\n\n");
        assert_eq!(found, [json!({"a": 1}), json!({"b": 2}), json!({"c": 3})].map(Line::Json));
    }

    #[test]
    fn an_object_that_is_not_complete_waits() {
        let mut pending = b"{\"stream\":\"a".to_vec();
        assert_eq!(take_line(&mut pending, false), None);
        pending.extend(b"b\"}");
        assert_eq!(take_line(&mut pending, false), Some(Line::Json(json!({"stream": "ab"}))));
    }

    #[test]
    fn plain_text_is_an_error_and_so_is_an_error_object() {
        let found = lines("Error unpacking image x: disk full\n");
        assert_eq!(
            reported(&found[0]),
            Some(("Error unpacking image x: disk full".to_owned(), None))
        );
        let found = lines("{\"errorDetail\":{\"code\":3,\"message\":\"no\"},\"error\":\"no\"}");
        assert_eq!(reported(&found[0]), Some(("no".to_owned(), Some(3))));
        assert_eq!(reported(&Line::Json(json!({"stream": "x"}))), None);
    }
}
