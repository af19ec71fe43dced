//! The page for people, in a real browser, and its data as JSON.

use std::process::Command;

use regex::Regex;
use sealift_testing::server;
use serde_json::json;

use crate::command::Place;
use crate::serving::{Serving, add};

/// Creates a folder with releases, a dirty version, and an archive that cannot be served.
fn folder() -> Place {
    let place = Place::new();
    add(&place, "web:1.0.0.1", 1);
    add(&place, "web:1.0.0.2", 2);
    add(&place, "team/api:dev", 3);
    place.put("broken_1.0.0.1_0123456789ab.docker", b"no archive");
    place
}

/// Starts a server, and waits until it has read the archive that cannot be served.
fn serving(place: &Place) -> Serving {
    let serving = Serving::start(place);
    while serving.json("/index.json")["folder"]["refused"] != 1 {
        std::thread::yield_now();
    }
    serving
}

#[test]
fn people_can_use_the_page_in_a_browser() {
    let Some(browser) = server("browser") else { return };
    let (command, packages) = browser.split_once('|').unwrap();
    let place = folder();
    let serving = serving(&place);
    let script = place.dir.path().join("page.js");
    std::fs::write(&script, include_str!("page.js")).unwrap();
    let url = format!("http://{}/", serving.host);
    let mut node = Command::new("node");
    let said = node.arg(script).args([&url, command, packages]).output().unwrap();
    let (found, errors) =
        (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert_eq!(found.trim(), "[]", "{errors}");
}

#[test]
fn the_data_of_the_page_is_served_as_json() {
    let place = folder();
    let serving = serving(&place);
    let times = Regex::new(r#""20\d\d-[^"]+Z""#).unwrap();
    for (name, path) in [("index", "/index.json"), ("index_of_image", "/index.json?image=web")] {
        let answer = serving.get(path);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let text = answer.text().replace(&serving.host, "HOST");
        insta::assert_snapshot!(name, times.replace_all(&text, "TIME"));
    }
    assert_eq!(serving.json("/index.json?q=API")["images"][0]["image"], "team/api");
    assert_eq!(serving.json("/index.json?q=db")["images"], json!([]));
    assert_eq!(serving.get("/index.json?image=db").status, 404);
}

#[test]
fn the_page_is_restricted_and_not_sent_twice() {
    let place = folder();
    let serving = serving(&place);
    let page = serving.get("/");
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
    let json = serving.get("/index.json");
    let known = format!("If-None-Match: {}\r\n", json.header("etag").unwrap());
    assert_eq!(serving.ask("GET", "/index.json", &known).status, 304);
    let head = serving.ask("HEAD", "/index.json", "");
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(serving.get("/?image=nothing").status, 404);
}

#[test]
fn an_address_cannot_inject_anything() {
    let place = folder();
    let serving = serving(&place);
    let attack = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E";
    let page = serving.get(&format!("/?q={attack}"));
    assert!(page.text().contains("value=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\""));
    assert_eq!(page.text().matches("<script>").count(), 1);
    // The page contains the host of the request, if it is a valid host.
    let request = "GET / HTTP/1.1\r\nHost: a<b\r\nConnection: close\r\n\r\n";
    assert!(!String::from_utf8_lossy(&serving.send(request.as_bytes())).contains("a<b"));
}
