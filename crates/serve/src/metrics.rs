//! Counters in the text format of Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The content type of version 0.0.4 of the text format.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The upper bounds of the histogram of durations, in seconds, as numbers and as text.
const BOUNDS: [(f64, &str); 7] = [
    (0.005, "0.005"),
    (0.05, "0.05"),
    (0.5, "0.5"),
    (5.0, "5"),
    (30.0, "30"),
    (120.0, "120"),
    (600.0, "600"),
];

/// The kind of object that a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RequestKind {
    /// A layer or a config of an image.
    Blob,
    /// An archive, its block index, a config or checksums.
    File,
    /// A manifest or an index.
    Manifest,
    /// `/healthz`, `/metrics`, and paths that do not exist.
    Other,
    /// A web page or a list.
    Page,
}

impl RequestKind {
    fn name(self) -> &'static str {
        match self {
            Self::Blob => "blob",
            Self::File => "file",
            Self::Manifest => "manifest",
            Self::Other => "other",
            Self::Page => "page",
        }
    }
}

/// The numbers of archives in a folder.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ArchiveCounts {
    pub(crate) served: usize,
    /// Archives that are not verified yet.
    pub(crate) waiting: usize,
    /// Archives that were verified and cannot be served.
    pub(crate) refused: usize,
}

/// Counters since the server was started.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    open: AtomicU64,
    connections: AtomicU64,
    failed_handshakes: AtomicU64,
    pulls: AtomicU64,
    requests: Mutex<BTreeMap<RequestKind, Requests>>,
}

/// The requests of one kind.
#[derive(Debug, Default)]
struct Requests {
    by_status: BTreeMap<u16, u64>,
    bytes: u64,
    seconds: f64,
    /// The number of requests in each bucket of the histogram, not cumulative.
    durations: [u64; BOUNDS.len()],
}

/// A guard that counts a connection as open until it is dropped.
#[derive(Debug)]
pub(crate) struct OpenConnection(Arc<Metrics>);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    pub(crate) fn connection(self: &Arc<Self>) -> OpenConnection {
        self.open.fetch_add(1, Ordering::Relaxed);
        self.connections.fetch_add(1, Ordering::Relaxed);
        OpenConnection(Arc::clone(self))
    }

    #[cfg(feature = "tls")]
    pub(crate) fn handshake_failed(&self) {
        self.failed_handshakes.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a pull of an image.
    pub(crate) fn pull(&self) {
        self.pulls.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts an answered request.
    pub(crate) fn request(&self, kind: RequestKind, status: u16, bytes: u64, duration: Duration) {
        let seconds = duration.as_secs_f64();
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let requests = requests.entry(kind).or_default();
        *requests.by_status.entry(status).or_default() += 1;
        requests.bytes += bytes;
        requests.seconds += seconds;
        if let Some(at) = BOUNDS.iter().position(|(bound, _)| seconds <= *bound) {
            requests.durations[at] += 1;
        }
    }

    /// Returns all metrics as text.
    pub(crate) fn text(&self, archives: ArchiveCounts) -> String {
        let mut text = Text::default();
        let version = env!("CARGO_PKG_VERSION");
        text.metric("build_info", "gauge", "The version of the server.");
        text.value("build_info", &format!("version=\"{version}\""), 1);
        text.metric("archives", "gauge", "Archives in the folder.");
        let ArchiveCounts { served, waiting, refused } = archives;
        for (state, count) in [("served", served), ("waiting", waiting), ("refused", refused)] {
            text.value("archives", &format!("state=\"{state}\""), count);
        }
        for (name, metric_type, help, value) in [
            ("connections_open", "gauge", "Open connections.", &self.open),
            ("connections_total", "counter", "Accepted connections.", &self.connections),
            (
                "tls_handshakes_failed_total",
                "counter",
                "Failed TLS handshakes.",
                &self.failed_handshakes,
            ),
            ("pulls_total", "counter", "Images whose manifest was sent.", &self.pulls),
        ] {
            text.metric(name, metric_type, help);
            text.value(name, "", value.load(Ordering::Relaxed));
        }
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        text.requests(&requests);
        text.0
    }
}

/// A writer of the text format. No value of a label needs escapes.
#[derive(Default)]
struct Text(String);

impl Text {
    fn metric(&mut self, name: &str, metric_type: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP sealift_{name} {help}");
        let _ = writeln!(self.0, "# TYPE sealift_{name} {metric_type}");
    }

    fn value(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let labels = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
        let _ = writeln!(self.0, "sealift_{name}{labels} {value}");
    }

    fn requests(&mut self, requests: &BTreeMap<RequestKind, Requests>) {
        self.metric("http_requests_total", "counter", "Answered requests.");
        for (kind, requests) in requests {
            for (status, count) in &requests.by_status {
                let labels = format!("kind=\"{}\",code=\"{status}\"", kind.name());
                self.value("http_requests_total", &labels, count);
            }
        }
        self.metric("http_response_bytes_total", "counter", "Bytes of response bodies.");
        for (kind, requests) in requests {
            let labels = format!("kind=\"{}\"", kind.name());
            self.value("http_response_bytes_total", &labels, requests.bytes);
        }
        let name = "http_request_duration_seconds";
        self.metric(name, "histogram", "Time from a request to the end of its response.");
        for (kind, requests) in requests {
            let kind = format!("kind=\"{}\"", kind.name());
            let mut count = 0;
            for ((_, bound), more) in BOUNDS.iter().zip(requests.durations) {
                count += more;
                self.value(&format!("{name}_bucket"), &format!("{kind},le=\"{bound}\""), count);
            }
            let all: u64 = requests.by_status.values().sum();
            self.value(&format!("{name}_bucket"), &format!("{kind},le=\"+Inf\""), all);
            self.value(&format!("{name}_sum"), &kind, requests.seconds);
            self.value(&format!("{name}_count"), &kind, all);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_kind_code_and_duration() {
        let metrics = Arc::new(Metrics::default());
        let first = metrics.connection();
        let _second = metrics.connection();
        drop(first);
        metrics.pull();
        for (kind, status, bytes, milliseconds) in [
            (RequestKind::Blob, 200, 1000, 40),
            (RequestKind::Blob, 206, 24, 5),
            (RequestKind::Blob, 200, 0, 700_000),
            (RequestKind::Page, 404, 7, 1000),
        ] {
            metrics.request(kind, status, bytes, Duration::from_millis(milliseconds));
        }
        let counts = ArchiveCounts { served: 3, waiting: 2, refused: 1 };
        let text = metrics.text(counts);
        for line in [
            r#"sealift_archives{state="served"} 3"#,
            r#"sealift_archives{state="refused"} 1"#,
            "sealift_connections_open 1",
            "sealift_connections_total 2",
            "sealift_pulls_total 1",
            r#"sealift_http_requests_total{kind="blob",code="200"} 2"#,
            r#"sealift_http_requests_total{kind="page",code="404"} 1"#,
            r#"sealift_http_response_bytes_total{kind="blob"} 1024"#,
            r#"sealift_http_request_duration_seconds_bucket{kind="blob",le="0.005"} 1"#,
            r#"sealift_http_request_duration_seconds_bucket{kind="blob",le="600"} 2"#,
            r#"sealift_http_request_duration_seconds_bucket{kind="blob",le="+Inf"} 3"#,
            r#"sealift_http_request_duration_seconds_sum{kind="page"} 1"#,
            r#"sealift_http_request_duration_seconds_count{kind="blob"} 3"#,
        ] {
            assert!(text.lines().any(|there| there == line), "{line} is not in\n{text}");
        }
    }
}
