//! Just enough HTTP to remove a test's images from an engine.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;

use serde_json::Value;

/// Sends a request without a body and gives status and body.
pub(crate) fn request(host: &str, method: &str, path: &str) -> (u16, String) {
    let mut socket = UnixStream::connect(host.trim_start_matches("unix://")).unwrap();
    write!(socket, "{method} {path} HTTP/1.0\r\nHost: engine\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap();
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, body.to_owned())
}

/// Removes a test's images when the test ends, whatever its result.
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
