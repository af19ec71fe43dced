//! A minimal HTTP client, to remove a test's images from an engine.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;

use serde_json::Value;

/// Sends a request without a body. Returns the status and the body.
pub(crate) fn request(host: &str, method: &str, path: &str) -> (u16, String) {
    request_with(host, method, path, "", "")
}

/// Sends a request with further headers, each ending with a line break, and a body.
pub(crate) fn request_with(
    host: &str,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> (u16, String) {
    let (status, body) = exchange(host, method, path, headers, body);
    (status, String::from_utf8(body).unwrap())
}

/// Sends a request whose answer is not text. An answer to HTTP/1.0 is not chunked.
pub(crate) fn bytes(host: &str, method: &str, path: &str) -> (u16, Vec<u8>) {
    exchange(host, method, path, "", "")
}

fn exchange(host: &str, method: &str, path: &str, headers: &str, body: &str) -> (u16, Vec<u8>) {
    let mut socket = UnixStream::connect(host.trim_start_matches("unix://")).unwrap();
    let length = body.len();
    let length = if length > 0 { format!("Content-Length: {length}\r\n") } else { String::new() };
    let head = format!("{method} {path} HTTP/1.0\r\nHost: engine\r\n{headers}{length}\r\n");
    socket.write_all((head + body).as_bytes()).unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap();
    (status, answer.split_off(end + 4))
}

/// Images of a test, which are removed when the test ends, also if it fails.
pub(crate) struct Images<'a> {
    pub(crate) host: &'a str,
    pub(crate) name: &'a str,
}

impl Images<'_> {
    pub(crate) fn remove(&self) {
        let (_, list) = request(self.host, "GET", "/v1.41/images/json");
        let start = list.find('[').unwrap_or(0);
        let images = serde_json::Deserializer::from_str(&list[start..]).into_iter::<Value>().next();
        let Some(Ok(Value::Array(images))) = images else { return };
        for tag in images.iter().flat_map(|image| image["RepoTags"].as_array()).flatten() {
            if let Some(tag) = tag.as_str().filter(|tag| tag.contains(self.name)) {
                request(self.host, "DELETE", &format!("/v1.41/images/{tag}"));
            }
        }
    }
}

impl Drop for Images<'_> {
    fn drop(&mut self) {
        self.remove();
    }
}
