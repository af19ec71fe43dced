//! Full folders, folders that two processes fetch into, and configs with paths outside of the
//! folder.

use std::fs;
use std::sync::{Arc, Barrier, Mutex};

use sealift_testing::fault_proxy::{Action, FaultProxy};
use serde_json::Value;

use super::{Published, is_archive};
use crate::faults::disk::Namespace;

#[test]
fn a_full_disk_is_an_error_and_received_bytes_are_kept() {
    let Some(namespace) = Namespace::find() else { return };
    let published = Published::new();
    let script = "\
        mkdir artifacts
        mount -t tmpfs -o size=3m none artifacts
        code=0; \"$@\" > first || code=$?
        ls artifacts > full
        mount -o remount,size=64m artifacts
        \"$@\" > second
        cp artifacts/*.zip after.zip
        exit $code";
    let command = namespace.command(script);
    let mut command = published.place.command_by(command, &["fetch", &published.url(), "--json"]);
    let said = published.place.said(command.output().unwrap());
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.stderr.contains("No space left on device"), "{said:?}");
    let read = |name: &str| fs::read_to_string(published.place.dir.path().join(name)).unwrap();
    assert_eq!(read("full"), "", "the folder has no archive");
    let report: Value = serde_json::from_str(&read("second")).unwrap();
    let transfer = &report["images"][0]["transfer"];
    let count = |name: &str| transfer[name].as_u64().unwrap();
    assert!(count("bytes_continued") > 2 << 20, "{transfer}");
    assert_eq!(count("bytes_continued") + count("bytes_fetched"), published.size("1"));
    let original = super::archive_in(&published.root(), "1").unwrap();
    let after = fs::read(published.place.dir.path().join("after.zip")).unwrap();
    assert!(fs::read(original).unwrap() == after);
}

#[test]
fn two_processes_fetch_into_one_folder() {
    let published = Published::new();
    // Each process waits at its first archive until the other one has reached its own.
    let both = Arc::new(Barrier::new(2));
    let line = || {
        let (both, is_first) = (Arc::clone(&both), Mutex::new(true));
        FaultProxy::new(published.server.address(), move |request| {
            if is_archive(request) && std::mem::take(&mut *is_first.lock().unwrap()) {
                both.wait();
            }
            Action::Pass
        })
    };
    let lines = [line(), line()];
    let children: Vec<_> = lines
        .iter()
        .map(|line| {
            let arguments = ["fetch", &line.url("/"), "-q"];
            published.place.spawn(&mut published.place.command(&arguments))
        })
        .collect();
    for child in children {
        let said = published.place.said(child.wait_with_output().unwrap());
        assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{said:?}");
    }
    published.assert_fetched("1");
    assert_eq!(published.place.files().len(), 1);
    published.place.ok(&["verify", "--deep"]);
    let unfinished = published.place.artifacts().join(".sealift/unfinished");
    assert_eq!(fs::read_dir(unfinished).unwrap().count(), 0);
}

#[test]
fn a_config_names_nothing_outside_of_the_folder() {
    let published = Published::new();
    let config = published.root().join("images.json");
    let good = fs::read_to_string(&config).unwrap();
    let name = good.split('"').find(|word| word.starts_with("web_1_")).unwrap();
    for prefix in ["../", "/tmp/", ".sealift/records/", "a/../../", "./", "a\\\\"] {
        let bad =
            good.replace(&format!("\"path\":\"{name}"), &format!("\"path\":\"{prefix}{name}"));
        assert_ne!(bad, good);
        fs::write(&config, bad).unwrap();
        let said = published.place.run(&["fetch", &published.url()]);
        assert!(said.code != 0 && said.stderr.starts_with("error: "), "{prefix}: {said:?}");
        published.assert_nothing_fetched();
    }
    // A config that is larger than any published one is refused before it is read.
    let huge = format!("{good}{}", " ".repeat(17 << 20));
    fs::write(&config, huge).unwrap();
    let said = published.place.run(&["fetch", &published.url()]);
    assert!(said.code != 0 && said.stderr.contains("larger than 16 MiB"), "{said:?}");
}
