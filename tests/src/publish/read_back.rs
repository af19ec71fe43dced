//! `sealift verify DEST` on every kind of destination, and on servers that fail.

use std::sync::atomic::{AtomicUsize, Ordering};

use sealift_testing::fault_proxy::{Action, FaultProxy, Request};

use super::source::{Destination, Server, Source};
use crate::command::Said;

fn verify(source: &Source, place: &Destination) -> Said {
    let mut command = source.place.command(&["verify", &place.url, "--deep"]);
    command.envs(place.variables.iter().cloned());
    source.place.said(command.output().unwrap())
}

fn is_archive(request: &Request) -> bool {
    request.target.split('?').next().is_some_and(|path| path.ends_with(".zip"))
}

#[test]
fn each_kind_of_destination_is_verified() {
    let source = Source::new(&["web:1.0.0.1", "team/api:1.0.0.1"]);
    for server in Server::all() {
        let proxy = FaultProxy::new(server.address, |_| Action::Pass);
        let plain = server.at(server.address, "verified");
        source.published("artifacts", &plain, &[]);
        let through = server.at(proxy.address(), "verified");
        let said = verify(&source, &through);
        assert_eq!(said.code, 0, "{}: {said:?}", server.name);
        assert_eq!(said.stdout.lines().count(), 2, "{}: {said:?}", server.name);
        let reads = proxy.requests();
        assert!(reads.iter().all(|request| matches!(request.method.as_str(), "GET" | "HEAD")));
        assert!(reads.iter().filter(|request| is_archive(request)).count() >= 2, "{reads:?}");

        // One wrong byte on the way is damage, and the other archive is verified nevertheless.
        proxy.reset(|request| match is_archive(request) && request.target.contains("web_") {
            true => Action::Corrupt(100),
            false => Action::Pass,
        });
        let said = verify(&source, &through);
        assert_eq!(said.code, 5, "{}: {said:?}", server.name);
        assert_eq!(said.stdout.matches("  damaged  ").count(), 1, "{}: {said:?}", server.name);
        assert_eq!(said.stdout.lines().count(), 2, "{}: {said:?}", server.name);
    }
}

#[test]
fn a_server_that_is_overloaded_is_asked_again() {
    let source = Source::new(&["web:1.0.0.1"]);
    for server in Server::all() {
        source.published("artifacts", &server.at(server.address, "busy"), &[]);
        for status in [500, 503, 429] {
            let asked = AtomicUsize::new(0);
            let proxy = FaultProxy::new(server.address, move |request| {
                match is_archive(request) && asked.fetch_add(1, Ordering::Relaxed) < 2 {
                    true => Action::Answer(status, Vec::new(), Vec::new()),
                    false => Action::Pass,
                }
            });
            let said = verify(&source, &server.at(proxy.address(), "busy"));
            assert_eq!(said.code, 0, "{} {status}: {said:?}", server.name);
        }
    }
}

#[test]
fn a_server_that_keeps_failing_is_no_damage() {
    let source = Source::new(&["web:1.0.0.1"]);
    for server in Server::all() {
        source.published("artifacts", &server.at(server.address, "failing"), &[]);
        for status in [500, 403] {
            let proxy = FaultProxy::new(server.address, move |request| match is_archive(request) {
                true => Action::Answer(status, Vec::new(), Vec::new()),
                false => Action::Pass,
            });
            let said = verify(&source, &server.at(proxy.address(), "failing"));
            assert!(!matches!(said.code, 0 | 5), "{} {status}: {said:?}", server.name);
            assert!(!said.stdout.contains("damaged"), "{} {status}: {said:?}", server.name);
            let output = format!("{}{}", said.stdout, said.stderr);
            assert!(output.contains(&status.to_string()), "{} {status}: {said:?}", server.name);
        }
    }
}
