//! An interrupt between two uploads: what was uploaded is printed, and what was not.

use rustix::process::{Pid, Signal, kill_process};
use sealift_testing::fault_proxy::{Action, FaultProxy, Request};
use serde_json::Value;

use super::source::{Server, Source};
use crate::command::Said;

fn is_upload_of_web(request: &Request) -> bool {
    request.method == "PUT" && request.target.contains("web_")
}

/// Publishes two archives, and interrupts it when the second one is uploaded.
fn interrupted(server: &Server, name: &str, options: &[&str]) -> Said {
    let source = Source::new(&["api:1.0.0.1", "web:1.0.0.1"]);
    let proxy = FaultProxy::new(server.address, |request| match is_upload_of_web(request) {
        true => Action::Hold,
        false => Action::Pass,
    });
    let to = server.at(proxy.address(), name);
    let options = [&["--progress", "none", "--jobs", "1"], options].concat();
    let child = source.place.spawn(&mut source.publishing("artifacts", &to, &options));
    while !proxy.requests().iter().any(is_upload_of_web) {
        proxy.wait_for(proxy.requests().len() + 1);
    }
    kill_process(Pid::from_raw(child.id().cast_signed()).unwrap(), Signal::INT).unwrap();
    let said = source.place.said(child.wait_with_output().unwrap());
    assert_eq!(said.code, 130, "{said:?}");
    said
}

#[test]
fn what_was_uploaded_and_what_was_not_is_printed() {
    let Some(server) = Server::nginx() else { return };
    let said = interrupted(&server, "text", &[]);
    let size = said.stdout.strip_prefix("api:1.0.0.1  published  ").unwrap().trim_end();
    let expected = format!(
        "web:1.0.0.1  interrupted\n\
         1 published, 1 interrupted, {size}\n\
         interrupted; nothing was left half done\n"
    );
    assert_eq!(said.stderr, expected);
}

#[test]
fn json_states_what_was_uploaded_and_what_was_not() {
    let Some(server) = Server::nginx() else { return };
    let said = interrupted(&server, "document", &["--json"]);
    let document: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(document["error"]["code"], "interrupted");
    assert_eq!(document["archives"][0]["action"], "publish");
    let missing = &document["archives"][1];
    assert_eq!((&missing["image"], &missing["version"]), (&"web".into(), &"1.0.0.1".into()));
    assert_eq!(missing["error"]["code"], "interrupted");

    let said = interrupted(&server, "lines", &["--json=lines"]);
    let lines: Vec<Value> =
        said.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3, "{said:?}");
    assert_eq!((&lines[0]["image"], &lines[1]["image"]), (&"api".into(), &"web".into()));
    assert_eq!(lines[1]["error"]["code"], "interrupted");
    assert_eq!(lines[2]["error"]["code"], "interrupted");
}
