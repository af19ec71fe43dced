//! `sealift fetch` from servers and over connections with many kinds of faults.

mod edge;
mod folders;
mod servers;

use std::collections::BTreeSet;
use std::fs;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use sealift_testing::fault_proxy::{Action, FaultProxy, Request};
use sealift_testing::layouts::{Image, file, noise, pack};
use serde_json::{Value, json};

use crate::command::Place;

/// The size of the large file in the image.
const LARGE: usize = 6 << 20;

/// A folder of published archives, a web server for it, and a proxy that injects faults.
struct Published {
    place: Place,
    server: FaultProxy,
    line: FaultProxy,
}

impl Published {
    fn new() -> Self {
        let place = Place::new();
        let root = place.dir.path().join("published");
        fs::create_dir(&root).unwrap();
        let nowhere = "127.0.0.1:9".parse().unwrap();
        let server = FaultProxy::new(nowhere, move |request| answer(&root, request));
        let line = FaultProxy::new(server.address(), |_| Action::Pass);
        let published = Self { place, server, line };
        published.add("web:1", b"one", 1);
        published
    }

    fn root(&self) -> PathBuf {
        self.place.dir.path().join("published")
    }

    /// Publishes a version of an image.
    fn add(&self, tag: &str, small: &[u8], sequence: u64) {
        let mut image = Image::new(tag, 1);
        image.layers = vec![pack(&[file("large", noise(LARGE)), file("small", small.to_vec())])];
        let tar = self.place.dir.path().join("image.tar");
        fs::write(&tar, pack(&image.podman())).unwrap();
        let tar = tar.to_str().unwrap();
        self.place.ok(&["--dir", "published", "add", tar, "--compress", "-q"]);
        let config = self.place.ok(&["--dir", "published", "config"]);
        let mut config: Value = serde_json::from_str(&config).unwrap();
        for entry in config.as_object_mut().unwrap().values_mut() {
            entry["sequence"] = json!(sequence);
            let path = entry["path"].as_str().unwrap();
            let record = self.root().join(format!(".sealift/records/{path}.json"));
            let record = fs::read_to_string(record).unwrap();
            let index: Value = serde_json::from_str(record.lines().nth(1).unwrap()).unwrap();
            let sha256 = format!("sha256:{}", entry["sha256"].as_str().unwrap());
            let blocks = json!({
                "form": 1, "size": entry["size"], "sha256": sha256, "blocks": index["blocks"],
            });
            fs::write(self.root().join(format!("{path}.blocks")), blocks.to_string()).unwrap();
        }
        fs::write(self.root().join("images.json"), config.to_string()).unwrap();
    }

    fn url(&self) -> String {
        self.line.url("/")
    }

    /// Returns the size of the archive of this version.
    fn size(&self, version: &str) -> u64 {
        fs::metadata(archive_in(&self.root(), version).unwrap()).unwrap().len()
    }

    fn assert_fetched(&self, version: &str) {
        let read = |root: &Path| fs::read(archive_in(root, version).unwrap()).unwrap();
        assert!(read(&self.root()) == read(&self.place.artifacts()), "{version}");
    }

    fn assert_nothing_fetched(&self) {
        assert_eq!(archive_in(&self.place.artifacts(), "1"), None);
    }
}

fn archive_in(folder: &Path, version: &str) -> Option<PathBuf> {
    let paths = fs::read_dir(folder).ok()?.map(|entry| entry.unwrap().path());
    let prefix = format!("web_{version}_");
    let is_archive = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with(&prefix) && name.ends_with(".zip")
    };
    paths.into_iter().find(is_archive)
}

/// Returns the answer of a web server that supports ranges and conditions.
fn answer(root: &Path, request: &Request) -> Action {
    let path = root.join(request.target.trim_start_matches('/'));
    let Ok(body) = fs::read(&path) else { return Action::Answer(404, Vec::new(), Vec::new()) };
    let etag = format!("\"{:x}\"", BuildHasherDefault::<DefaultHasher>::default().hash_one(&body));
    let tag = || vec![("ETag", etag.clone())];
    if request.header("if-none-match") == Some(etag.as_str()) {
        return Action::Answer(304, tag(), Vec::new());
    }
    if request.header("if-match").is_some_and(|known| known != etag) {
        return Action::Answer(412, tag(), Vec::new());
    }
    let range = request.header("range").and_then(|range| {
        let (start, end) = range.strip_prefix("bytes=")?.split_once('-')?;
        let end = end.parse().unwrap_or(body.len() - 1).min(body.len() - 1);
        Some((start.parse::<usize>().ok()?, end))
    });
    match range {
        None => Action::Answer(200, tag(), body),
        Some((start, end)) => {
            let stated = format!("bytes {start}-{end}/{}", body.len());
            let headers = vec![("ETag", etag.clone()), ("Content-Range", stated)];
            Action::Answer(206, headers, body[start..=end].to_vec())
        }
    }
}

fn is_archive(request: &Request) -> bool {
    request.target.ends_with(".zip")
}

/// Returns the start of the requested range; 0 if the complete file is requested.
fn range_start(request: &Request) -> u64 {
    let range = request.header("range").and_then(|range| range.strip_prefix("bytes="));
    range.and_then(|range| range.split_once('-')?.0.parse().ok()).unwrap_or(0)
}

#[test]
fn an_unchanged_config_is_one_request() {
    let published = Published::new();
    let url = &published.url();
    let said = published.place.run(&["fetch", url, "-q"]);
    assert!(said.code == 0 && said.stdout.starts_with("web:1  fetched"), "{said:?}");
    assert_eq!(said.stderr, "");
    published.assert_fetched("1");
    published.line.reset(|_| Action::Pass);
    let said = published.place.run(&["fetch", url, "--exit-code", "-q"]);
    assert_eq!((said.code, said.stdout.as_str(), said.stderr.as_str()), (8, "", ""));
    assert_eq!(published.line.requests().len(), 1);
    assert_eq!(published.line.sent(), 0);
    published.add("web:2", b"two", 2);
    let said = published.place.run(&["fetch", url, "--exit-code"]);
    assert!(said.code == 0 && said.stdout.contains("the rest was in web_1_"), "{said:?}");
    assert!(published.line.sent() < published.size("2") / 10);
    published.assert_fetched("2");
}

#[test]
fn faults_that_do_not_repeat_are_not_errors() {
    let faults: [(&str, Action); 8] = [
        ("cut", Action::CutAfter(100_000)),
        ("cut at once", Action::CutAfter(0)),
        ("corrupt", Action::Corrupt(1000)),
        ("silent", Action::StallAfter(100_000)),
        ("closed", Action::Close),
        ("lost", Action::LoseAnswer),
        ("503", Action::Answer(503, Vec::new(), Vec::new())),
        ("429", Action::Answer(429, vec![("Retry-After", "0".to_owned())], Vec::new())),
    ];
    for (name, fault) in faults {
        let published = Published::new();
        // Two offsets, each once: several requests are active at the same time, in any order.
        let broken = Mutex::new(BTreeSet::new());
        published.line.reset(move |request| {
            let mut broken = broken.lock().unwrap();
            let is_broken =
                is_archive(request) && broken.len() < 2 && broken.insert(range_start(request));
            if is_broken { fault.clone() } else { Action::Pass }
        });
        let mut command = published.place.command(&["fetch", &published.url()]);
        let output = command.env("SEALIFT_REMOTE_TIMEOUT", "1").output().unwrap();
        let said = published.place.said(output);
        assert_eq!(said.code, 0, "{name}: {said:?}");
        published.assert_fetched("1");
    }
}

/// The entity tag differs although the bytes are the same, so for the client it is another file.
#[test]
fn an_archive_that_changes_meanwhile_is_fetched_again_once() {
    for (changes, is_fetched) in [(1, true), (usize::MAX, false)] {
        let published = Published::new();
        let seen = Mutex::new(0);
        published.line.reset(move |request| {
            let mut seen = seen.lock().unwrap();
            *seen += usize::from(is_archive(request));
            // From the third request on, or at each.
            let tag = match changes {
                1 => usize::from(*seen > 2),
                _ => *seen,
            };
            match is_archive(request) && tag > 0 {
                true => Action::WithHeaders(vec![("etag", format!("\"other {tag}\""))]),
                false => Action::Pass,
            }
        });
        // The server must not receive the entity tags that the proxy invents.
        let line = FaultProxy::new(published.line.address(), |_| {
            Action::WithoutRequestHeaders(&["if-match", "if-range"])
        });
        let said = published.place.run(&["fetch", &line.url("/")]);
        assert_eq!(said.code == 0, is_fetched, "{said:?}");
        match is_fetched {
            true => published.assert_fetched("1"),
            false => {
                assert!(said.stderr.contains("it changed"), "{said:?}");
                published.assert_nothing_fetched();
            }
        }
    }
}

#[test]
fn a_server_without_ranges_gets_one_request() {
    let published = Published::new();
    published.line.reset(|_| Action::WithoutRequestHeaders(&["range"]));
    let said = published.place.run(&["fetch", &published.url()]);
    assert_eq!(said.code, 0, "{said:?}");
    published.assert_fetched("1");
    assert_eq!(published.line.requests().iter().filter(|request| is_archive(request)).count(), 1);
}

#[test]
fn wrong_content_is_never_accepted() {
    let of_archive = |action: Action| {
        move |request: &Request| if is_archive(request) { action.clone() } else { Action::Pass }
    };
    let range = |text: &str| vec![("content-range", text.to_owned())];
    let cases: [(&str, Action); 6] = [
        ("corrupt", Action::Corrupt(1000)),
        ("compressed", Action::Gzip),
        ("another range", Action::WithHeaders(range("bytes 5-9/100"))),
        ("other bytes", Action::Answer(200, Vec::new(), vec![7; 9])),
        ("short bytes", Action::Answer(206, range("bytes 0-8/9"), vec![7; 9])),
        ("gone", Action::Answer(404, Vec::new(), Vec::new())),
    ];
    for (name, action) in cases {
        let published = Published::new();
        published.line.reset(of_archive(action));
        let said = published.place.run(&["fetch", &published.url()]);
        assert!(said.code != 0 && said.stderr.contains("error: "), "{name}: {said:?}");
        published.assert_nothing_fetched();
        // Nothing is left over that could disturb the next call.
        published.line.reset(|_| Action::Pass);
        assert_eq!(published.place.run(&["fetch", &published.url()]).code, 0, "{name}");
        published.assert_fetched("1");
    }
}

#[test]
fn a_killed_fetch_is_continued() {
    let published = Published::new();
    let size = published.size("1");
    // By offset, because several requests are active at the same time and arrive in any order.
    published.line.reset(move |request| {
        // The directory at the end is requested first.
        let late = 2 << 20..size - 4096;
        let is_late = is_archive(request) && late.contains(&range_start(request));
        if is_late { Action::Hold } else { Action::Pass }
    });
    let mut child =
        published.place.spawn(&mut published.place.command(&["fetch", &published.url()]));
    // Received bytes are written even if the rest is delayed.
    let folder = published.place.artifacts().join(".sealift/unfinished");
    let written = || -> u64 {
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        let parts = entries.filter(|entry| entry.path().extension().is_some_and(|e| e == "part"));
        parts.map(|entry| entry.metadata().unwrap().len()).max().unwrap_or(0)
    };
    while written() < 1 << 20 {
        assert_eq!(child.try_wait().unwrap(), None, "the process ended before it was killed");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    published.assert_nothing_fetched();
    let there = written();
    // Another proxy, because requests of the killed process may still arrive at the first one.
    let line = FaultProxy::new(published.server.address(), |_| Action::Pass);
    let said = published.place.run(&["fetch", &line.url("/"), "--json"]);
    assert_eq!(said.code, 0, "{said:?}");
    published.assert_fetched("1");
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    let transfer = &report["images"][0]["transfer"];
    let count = |name: &str| transfer[name].as_u64().unwrap();
    assert_eq!(count("bytes_continued") + count("bytes_fetched"), size);
    // All bytes except those of an incomplete block.
    assert!(count("bytes_continued") > there - (260 << 10));
    let config = fs::metadata(published.root().join("images.json")).unwrap().len();
    assert!(line.sent() <= size - count("bytes_continued") + config);
}
