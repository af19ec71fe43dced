//! The requests that tasks send to an engine.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// Timeout of a request. An engine that is slower is not usable.
const PATIENCE: Duration = Duration::from_secs(30);

/// Returns `true` if an engine answers at an address, which has the form of `DOCKER_HOST`.
pub(crate) fn answers(host: &str) -> bool {
    matches!(request(host, "GET", "/_ping"), Ok((200, _)))
}

/// Returns the version of the engine without the suffix of its package: `20.10.24`.
pub(crate) fn version(host: &str) -> Result<String> {
    let (status, body) = request(host, "GET", "/version")?;
    let body: Value = serde_json::from_str(&body)
        .with_context(|| format!("the engine at {host} answered {status} without JSON"))?;
    let version = body["Version"].as_str().unwrap_or("of no version");
    Ok(version.split(['+', '~']).next().unwrap_or(version).to_owned())
}

/// Returns `true` if the engine has an image of this name.
pub(crate) fn has_image(host: &str, name: &str) -> Result<bool> {
    match request(host, "GET", &format!("/images/{name}/json"))? {
        (200, _) => Ok(true),
        (404, _) => Ok(false),
        (status, words) => bail!("{host} failed to inspect {name} ({status}): {}", words.trim()),
    }
}

/// Removes an image from the engine.
pub(crate) fn remove_image(host: &str, name: &str) -> Result<()> {
    match request(host, "DELETE", &format!("/images/{name}"))? {
        (200, _) => Ok(()),
        (status, words) => bail!("{host} failed to remove {name} ({status}): {}", words.trim()),
    }
}

fn request(host: &str, method: &str, path: &str) -> Result<(u16, String)> {
    let failed = || format!("no engine answers at {host}");
    if let Some(socket) = host.strip_prefix("unix://") {
        let stream = UnixStream::connect(socket).with_context(failed)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        exchange(stream, method, path).with_context(failed)
    } else if let Some(address) = host.strip_prefix("tcp://") {
        let stream = TcpStream::connect(address.trim_end_matches('/')).with_context(failed)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        exchange(stream, method, path).with_context(failed)
    } else {
        bail!("tasks support only unix:// and tcp:// addresses of engines, not {host}")
    }
}

/// Sends a request by HTTP 1.0, so that the answer is not chunked and ends with the connection.
fn exchange(mut stream: impl Read + Write, method: &str, path: &str) -> Result<(u16, String)> {
    stream.write_all(format!("{method} {path} HTTP/1.0\r\nHost: engine\r\n\r\n").as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").context("the answer is incomplete")?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Ok((status.context("the answer is not HTTP")?, body.to_owned()))
}
