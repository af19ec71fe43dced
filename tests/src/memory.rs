//! Memory does not grow with archives: each command is measured with an archive that is far larger
//! than its limit.

use std::path::Path;
use std::process::Command;

use sealift_testing::layouts::{file, pack};
use sealift_testing::{Nginx, WebServer, program};

use crate::command::Place;
use crate::fake_engine::{FakeEngine, Save};
use crate::huge_image::HugeImage;

/// Limit for the peak memory of a command, in MiB.
const LIMIT: u64 = 64;

/// The same for `fetch`. A release stays below 64 MiB, which `cargo xtask bench` measures. In the
/// program of the tests, which is not optimized, up to 31 MiB are pages of the program itself.
const FETCH_LIMIT: u64 = 80;

/// A script that runs a program, returns its exit code, and prints its peak memory in KiB.
///
/// The test cannot do this itself, because a child of the test would start with the memory of the
/// test.
const MEASURE: &str = "\
import resource, subprocess, sys
ended = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(ended)";

/// The test needs the same amount of space on the disk.
#[test]
fn commands_keep_little_of_an_archive_of_3_gb() {
    measure(HugeImage { zeros: 2048, noise: 1024 });
}

#[test]
fn commands_keep_little_of_hostile_archives() {
    let Some(python) = program("python3") else { return };
    for case in sealift_testing::hostile::CASES {
        let place = Place::new();
        place.put("web_1_0123456789ab.docker", &(case.make)());
        let memory = memory_of(&python, &place, &["verify", "--deep"]);
        assert!(memory < LIMIT, "{}: {memory} MiB", case.name);
    }
}

#[test]
fn metadata_that_grows_when_it_is_read_keeps_within_its_bound() {
    /// Numbers with one digit become values of 32 bytes, in a list whose capacity is doubled when
    /// it is full.
    const BOUND: u64 = 128;
    let Some(python) = program("python3") else { return };
    let numbers = |front: &str, end: &str| {
        let count = ((4 << 20) - front.len() - end.len()) / 2;
        format!("{front}{}{end}", "0,".repeat(count)).into_bytes()
    };
    let config = "0],\"os\":\"linux\",\"rootfs\":{\"diff_ids\":[]}}";
    let manifest = b"[{\"Config\":\"config.json\",\"RepoTags\":[\"web:1\"]}]";
    let place = Place::new();
    let content = pack(&[
        file("config.json", numbers("{\"config\":[", config)),
        file("a.json", numbers("[", "0]")),
        file("b.json", numbers("[", "0]")),
        file("manifest.json", manifest.to_vec()),
    ]);
    place.put("web_1_0123456789ab.docker", &content);
    let said = place.run(&["verify"]);
    assert!(
        said.stdout.contains("misnamed"),
        "the archive is valid, so all of it was read: {said:?}"
    );
    let memory = memory_of(&python, &place, &["verify"]);
    eprintln!("{memory} MiB");
    assert!(memory < BOUND, "{memory} MiB");
}

/// Runs the command, which may refuse an archive but must not crash. Returns its peak memory in
/// MiB.
fn memory_of(python: &Path, place: &Place, arguments: &[&str]) -> u64 {
    let command = place.command(&[arguments, &["--progress", "none"]].concat());
    let mut measured = Command::new(python);
    measured.args(["-c", MEASURE]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => measured.env(name, value),
            None => measured.env_remove(name),
        };
    }
    let output = measured.current_dir(place.dir.path()).output().unwrap();
    let said = place.said(output);
    assert!(matches!(said.code, 0 | 4 | 5), "{said:?}");
    let kibibytes = said.stdout.lines().last().and_then(|line| line.parse::<u64>().ok());
    kibibytes.unwrap_or_else(|| panic!("{said:?}")) / 1024
}

fn measure(image: HugeImage) {
    let Some(python) = program("python3") else { return };
    let shown = image.shown();
    let saving = || FakeEngine::showing(vec![shown.clone()], Save::Streams(image));
    let loading = || {
        FakeEngine::showing(vec![serde_json::Value::Null, shown.clone()], Save::Ends(Vec::new()))
    };
    let place = Place::new();
    let run = |what: &str, engine: Option<FakeEngine>, arguments: &[&str]| {
        let host = engine.as_ref().map_or("unix:///nonexistent", |engine| &engine.host);
        let memory = memory_of(&python, &place, &[arguments, &["--host", host]].concat());
        eprintln!("{what}: {memory} MiB");
        let limit = if what.starts_with("fetched") { FETCH_LIMIT } else { LIMIT };
        assert!(memory < limit, "{what}: {memory} MiB");
    };
    run("saved", Some(saving()), &["update", "huge:1"]);
    run("verified", None, &["verify", "--deep"]);
    run("loaded", Some(loading()), &["load", "huge:1"]);
    run("compressed", Some(saving()), &["update", "huge:1", "--compress"]);
    run("zip verified", None, &["verify", "--deep"]);
    // The archive is open once for both engines.
    let other = loading();
    run("zip loaded", Some(loading()), &["load", "huge:1", "--host", &other.host]);
    drop(other);
    run("published", None, &["publish", "published"]);
    run("fetched", None, &["--dir", "fetched", "fetch", "published"]);
    if let Some(server) = WebServer::nginx(Nginx::default()) {
        for entry in std::fs::read_dir(place.dir.path().join("published")).unwrap() {
            let entry = entry.unwrap();
            std::fs::hard_link(entry.path(), server.files().join(entry.file_name())).unwrap();
        }
        std::fs::remove_dir_all(place.dir.path().join("fetched")).unwrap();
        run("fetched by HTTP", None, &["--dir", "fetched", "fetch", &server.url("/")]);
        run("verified by HTTP", None, &["verify", &server.url("/"), "--deep"]);
    }
    std::fs::remove_dir_all(place.dir.path().join("published")).unwrap();
    std::fs::remove_dir_all(place.dir.path().join("fetched")).unwrap();
    let zip = place.files();
    assert!(zip.len() == 1 && zip[0].ends_with(".zip"), "{zip:?}");
    std::fs::remove_file(place.artifacts().join(&zip[0])).unwrap();
    run("saved as a zip", Some(saving()), &["update", "huge:1", "--compress"]);
}
