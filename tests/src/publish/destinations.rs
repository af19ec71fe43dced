//! Every kind of destination: the first publication, nothing to do, and the next version.

use sealift_testing::fault_proxy::{Action, FaultProxy, Request};

use super::source::{Destination, Server, Source, versions};

const IMMUTABLE: &str = "public, max-age=31536000, immutable";

fn is_upload(request: &Request) -> bool {
    !matches!(request.method.as_str(), "GET" | "HEAD" | "OPTIONS" | "PROPFIND")
}

/// Returns the names of the objects that were uploaded, without their folders.
fn uploaded(proxy: &FaultProxy) -> Vec<String> {
    let requests = proxy.requests();
    let puts = requests.iter().filter(|request| request.method == "PUT");
    let mut names: Vec<String> = puts.map(|request| object(&request.target)).collect();
    names.sort();
    // Ceph's gateway compares entity tags only without quotes, so conditional requests are sent
    // twice.
    names.dedup();
    names
}

/// Returns the name of the object of a request, also if it is renamed later.
fn object(target: &str) -> String {
    let path = target.split('?').next().unwrap();
    let name = path.rsplit('/').next().unwrap();
    let name = name.strip_suffix(".part").unwrap_or(name).trim_start_matches('.');
    let mut words = name.split('_');
    let (image, version) = (words.next().unwrap(), words.next());
    match version {
        None => image.to_owned(),
        Some(version) => {
            let kind = name.split_once(".zip").map_or(".docker", |(_, rest)| rest);
            format!("{image} {version}{}", kind.replace(".blocks", " blocks"))
        }
    }
}

#[test]
fn missing_archives_are_uploaded_to_each_kind_of_server() {
    let source = Source::new(&["web:1.0.0.1", "team/api:1.0.0.1"]);
    let newer = Source::new(&["web:1.0.0.2"]);
    for server in Server::all() {
        let proxy = FaultProxy::new(server.address, |_| Action::Pass);
        let (to, plain) = (server.at(proxy.address(), "new"), server.at(server.address, "new"));
        let said = source.published("artifacts", &to, &["--jobs", "1"]);
        assert!(said.starts_with("team/api:1.0.0.1  published  "), "{}: {said}", server.name);
        assert!(said.contains("\nweb:1.0.0.1  published  "), "{}: {said}", server.name);
        assert_eq!(
            uploaded(&proxy),
            [
                "SHA256SUMS",
                "api 1.0.0.1",
                "api 1.0.0.1 blocks",
                "images.json",
                "web 1.0.0.1",
                "web 1.0.0.1 blocks"
            ],
            "{}",
            server.name
        );
        assert_headers(server.name, &proxy.requests());
        let fetched = source.fetched(&plain);
        assert_eq!(versions(&fetched), ["team/api_1.0.0.1", "web_1.0.0.1"], "{}", server.name);

        proxy.reset(|_| Action::Pass);
        let said = source.published("artifacts", &to, &[]);
        assert!(said.starts_with("2 archives were there already\nconfig  "), "{said}");
        assert!(said.ends_with("images.json  unchanged\n"), "{said}");
        assert!(!proxy.requests().iter().any(is_upload), "{}", server.name);
        assert_eq!(source.published("artifacts", &to, &["-q"]), "", "{}", server.name);

        proxy.reset(|_| Action::Pass);
        newer.published("artifacts", &to, &[]);
        assert_eq!(
            uploaded(&proxy),
            ["SHA256SUMS", "images.json", "web 1.0.0.2", "web 1.0.0.2 blocks"],
            "{}",
            server.name
        );
        let fetched = source.fetched(&plain);
        assert_eq!(versions(&fetched), ["team/api_1.0.0.1", "web_1.0.0.2"], "{}", server.name);
        if server.name != "azure" {
            assert_eq!(plain.sequence(), 2, "{}", server.name);
            plain.assert_sums();
        }
    }
}

/// Asserts that each upload has a content type and a cache header.
fn assert_headers(server: &str, requests: &[Request]) {
    for request in requests.iter().filter(|request| request.method == "PUT") {
        let header = |name| {
            let of_azure = format!("x-ms-blob-{name}");
            request.header(name).or_else(|| request.header(&of_azure)).unwrap_or_default()
        };
        let stored = request.header("x-ms-blob-content-type");
        let content_type = stored.unwrap_or_else(|| header("content-type"));
        let expected = match object(&request.target).as_str() {
            "images.json" => ("application/json", "no-cache"),
            "SHA256SUMS" => ("text/plain; charset=utf-8", "no-cache"),
            name if name.ends_with("blocks") => ("text/plain; charset=utf-8", IMMUTABLE),
            _ => ("application/zip", IMMUTABLE),
        };
        assert_eq!((content_type, header("cache-control")), expected, "{server} {request:?}");
    }
}

#[test]
fn a_bucket_keeps_types_and_cache_headers() {
    let Some(server) = Server::s3() else { return };
    let source = Source::new(&["web:1.0.0.1"]);
    let to = server.at(server.address, "headers");
    source.published("artifacts", &to, &[]);
    let archive = source.place.files().remove(0);
    for (name, content_type, cache) in [
        (archive.clone(), "application/zip", IMMUTABLE),
        (archive + ".blocks", "text/plain; charset=utf-8", IMMUTABLE),
        ("images.json".to_owned(), "application/json", "no-cache"),
        ("SHA256SUMS".to_owned(), "text/plain; charset=utf-8", "no-cache"),
    ] {
        let head = to.curl(&name, &["--head"]).to_lowercase();
        assert!(head.contains(&format!("\r\ncontent-type: {content_type}\r\n")), "{head}");
        assert!(head.contains(&format!("\r\ncache-control: {cache}\r\n")), "{head}");
    }
}

#[test]
fn missing_archives_are_copied_to_a_path() {
    let source = Source::new(&["web:1.0.0.1", "team/api:1.0.0.1"]);
    let to = Destination::in_folder(&source.path("usb/images"));
    source.published("artifacts", &to, &[]);
    to.assert_sums();
    assert_eq!(source.published("artifacts", &to, &["-q"]), "");
    source.add("artifacts", &["web:1.0.0.2"]);
    let said = source.published("artifacts", &to, &[]);
    assert!(said.contains("\n1 archive was there already\n") && to.sequence() == 2, "{said}");
    assert_eq!(versions(&source.fetched(&to)), ["team/api_1.0.0.1", "web_1.0.0.2"]);
    to.assert_sums();

    // The config has the name of the destination.
    let named = Destination::in_folder(&source.path("usb/edge.json"));
    let said = source.published("artifacts", &named, &["web:1.0.0.1"]);
    assert!(said.ends_with("config  DIR/usb/edge.json\n"), "{said}");
    assert_eq!(versions(&source.fetched(&named)), ["web_1.0.0.1"]);
}
