//! A publisher that is killed at any point leaves a consistent state: the old config with the old
//! archives, or the new config with the new ones. The next publisher finishes.

use std::process::Command;
use std::sync::{Arc, Mutex};

use rustix::process::{Pid, Signal, kill_process};
use sealift_testing::fault_proxy::{Action, FaultProxy, Request};

use super::source::{Destination, Server, Source, files, versions};
use crate::faults::trace::{RENAME, Tracer, UNLINK, WRITE};

const OLD: [&str; 2] = ["db_1.0.0.1", "web_1.0.0.1"];
/// The image `api` is new, and `db` is published by another publisher.
const NEW: [&str; 3] = ["api_1.0.0.1", "db_1.0.0.1", "web_1.0.0.2"];

/// The URL in the config is the same with and without a proxy.
const OPTIONS: [&str; 5] = ["--jobs", "1", "--base-url", "https://cdn.example.org/", "-q"];

/// The process that is killed.
type Victim = Arc<Mutex<Option<Pid>>>;

fn source() -> Source {
    let source = Source::new(&["web:1.0.0.2", "api:1.0.0.1"]);
    source.add("old", &["web:1.0.0.1", "db:1.0.0.1"]);
    source
}

/// The state of a request when the publisher is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// The server does not receive the request.
    Request,
    /// The server receives a part of an upload's body.
    Body,
}

impl At {
    /// Decides about a request. The publisher is killed at the request with this number.
    fn decide(self, number: usize, request: &Request, victim: &Victim) -> Action {
        let is_cut = self == Self::Body && request.method == "PUT" && request.number == number;
        if is_cut {
            let length: u64 = request.header("content-length").unwrap().parse().unwrap();
            return Action::CutUpload(length / 2);
        }
        if request.number < number {
            return Action::Pass;
        }
        // Publishers repeat an interrupted upload, so they are killed.
        let victim = victim.lock().unwrap().take();
        if let Some(victim) = victim {
            kill_process(victim, Signal::KILL).unwrap();
        }
        Action::Hold
    }
}

/// Kills a publisher at each request, and checks the state with `assert`.
fn kill_at_every_request(
    server: &Server,
    kinds: &[At],
    assert: impl Fn(&Source, &Destination, &str),
) {
    let source = source();
    let counted = server.at(server.address, "counted");
    publish_old(&source, &counted);
    let proxy = FaultProxy::new(server.address, |_| Action::Pass);
    let to = server.at(proxy.address(), "counted");
    source.published("artifacts", &to, &OPTIONS);
    let count = proxy.requests().len();
    let mut states = Vec::new();
    for at in kinds {
        for number in 1..=count {
            let what = format!("{} {at:?} {number} of {count}", server.name);
            let name = format!("killed-{at:?}-{number}");
            let plain = server.at(server.address, &name);
            publish_old(&source, &plain);
            let victim = Victim::default();
            let (at, same) = (*at, Arc::clone(&victim));
            let proxy =
                FaultProxy::new(server.address, move |request| at.decide(number, request, &same));
            let to = server.at(proxy.address(), &name);
            let mut child = {
                let mut victim = victim.lock().unwrap();
                let child = source.place.spawn(&mut source.publishing("artifacts", &to, &OPTIONS));
                *victim = Pid::from_raw(child.id().cast_signed());
                child
            };
            let status = child.wait().unwrap();
            let is_killed = victim.lock().unwrap().is_none();
            // One of the last requests is not an upload that could be interrupted.
            assert!(is_killed != status.success(), "{what}: {status}");
            if is_killed {
                states.push(assert_consistent(&source, &plain, &what));
                assert(&source, &plain, &what);
            }
        }
    }
    assert!(states.contains(&1) && states.contains(&2), "{}: {states:?}", server.name);
}

/// Publishes the old archives.
fn publish_old(source: &Source, to: &Destination) {
    match to.folder() {
        None => drop(source.published("old", to, &OPTIONS)),
        // A copy has the same effect, and its times are older.
        Some(folder) => {
            let template = Destination::in_folder(&source.path("template"));
            if !template.on_disk().exists() {
                source.published("old", &template, &OPTIONS);
            }
            let script =
                "umask 0; cp -r --preserve=timestamps \"$0\" \"$1\" && chmod -R a+rwX \"$1\"";
            let mut copy = Command::new("sh");
            copy.args(["-c", script]).arg(template.on_disk()).arg(folder);
            assert!(copy.status().unwrap().success());
        }
    }
}

/// Asserts that readers find everything that the config names, and that it is the old or the new
/// one. Returns its number.
fn assert_consistent(source: &Source, to: &Destination, what: &str) -> u64 {
    let fetched = source.fetched(to);
    match to.sequence() {
        1 => assert_eq!(versions(&fetched), OLD, "{what}"),
        2 => assert_eq!(versions(&fetched), NEW, "{what}"),
        other => panic!("{what}: {other}"),
    }
    to.sequence()
}

/// Asserts that the next publisher finishes the publication.
fn assert_finished(source: &Source, to: &Destination, what: &str) {
    source.published("artifacts", to, &OPTIONS);
    assert_eq!(versions(&source.fetched(to)), NEW, "{what}");
    assert_eq!(to.sequence(), 2, "{what}");
    to.assert_sums();
    assert_eq!(source.published("artifacts", to, &OPTIONS), "", "{what}");
}

fn assert_finished_on_disk(source: &Source, to: &Destination, what: &str) {
    assert_finished(source, to, what);
    let names: Vec<String> = files(to.on_disk()).into_keys().collect();
    let is_left = |name: &&String| name.contains(".part") || name.contains(".tmp");
    assert_eq!(names.iter().find(is_left), None, "{what}: {names:?}");
}

#[test]
fn at_every_request_to_nginx() {
    let Some(server) = Server::nginx() else { return };
    kill_at_every_request(&server, &[At::Request, At::Body], assert_finished_on_disk);
}

#[test]
fn at_every_request_to_apache() {
    let Some(server) = Server::apache() else { return };
    kill_at_every_request(&server, &[At::Request, At::Body], assert_finished_on_disk);
}

#[test]
fn at_every_request_to_rclone() {
    let Some(server) = Server::rclone() else { return };
    kill_at_every_request(&server, &[At::Request, At::Body], assert_finished_on_disk);
}

#[test]
fn at_every_request_to_s3() {
    let Some(server) = Server::s3() else { return };
    // An interrupted upload has no effect there.
    kill_at_every_request(&server, &[At::Request], assert_finished);
}

#[test]
fn at_system_calls_on_a_folder() {
    let Some(tracer) = Tracer::find() else { return };
    let source = source();
    let mut states = Vec::new();
    for (calls, most) in [(RENAME, 6), ("fsync", 12), ("flock", 14), (UNLINK, 4), (WRITE, 20)] {
        for nth in 1..=most {
            // The folder records what was published to which destination.
            let name = format!("published-{}", states.len());
            let to = Destination::in_folder(&source.path(&name));
            publish_old(&source, &to);
            let program = tracer.injecting(calls, &format!("signal=KILL:when={nth}"));
            let arguments = [&["publish", &to.url][..], &OPTIONS].concat();
            let killed = source.place.command_by(program, &arguments).output().unwrap();
            let what = format!("{calls} {nth}: {killed:?}");
            states.push(assert_consistent(&source, &to, &what));
            assert_finished_on_disk(&source, &to, &what);
            std::fs::remove_dir_all(to.on_disk()).unwrap();
        }
    }
    assert!(states.contains(&1) && states.contains(&2), "{states:?}");
}
