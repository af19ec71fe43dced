//! The order of the system calls that create an archive, from a trace: it is written, synced,
//! renamed, and its folder synced. Only then other archives are removed, and the folder is synced
//! again.

use std::path::Path;

use super::bench::{Seed, scenario};
use super::saved::made;
use super::stand::Stand;
use super::trace::{RENAME, Tracer, UNLINK, WRITE};
use crate::fake_engine::{FakeEngine, Save};

/// A call that changes the folder.
#[derive(Debug, PartialEq, Eq)]
enum Call {
    Write(String),
    Sync(String),
    Rename(String, String),
    Remove(String),
}

/// Parses the output of strace without failed calls.
fn read(trace: &str) -> Vec<Call> {
    let read = |line: &str| {
        let call = line.split_once(' ')?.1.trim_start();
        if call.contains(" = -1 ") {
            return None;
        }
        let (name, arguments) = call.split_once('(')?;
        let of_open = || Some(arguments.split_once('<')?.1.split_once('>')?.0.to_owned());
        // A name may be relative to a folder that precedes it.
        let path = |nth: usize| {
            let mut parts = arguments.split('"').skip(2 * nth);
            let (before, name) = (parts.next()?, parts.next()?);
            let folder = before.rsplit_once('<').and_then(|(_, path)| path.split_once('>'));
            Some(Path::new(folder.map_or("", |(path, _)| path)).join(name).display().to_string())
        };
        match name {
            "write" | "pwrite64" | "fchmod" => Some(Call::Write(of_open()?)),
            "fsync" => Some(Call::Sync(of_open()?)),
            "rename" | "renameat" | "renameat2" => Some(Call::Rename(path(0)?, path(1)?)),
            "unlink" | "unlinkat" => Some(Call::Remove(path(0)?)),
            _ => None,
        }
    };
    trace.lines().filter_map(read).collect()
}

/// Asserts that the archive of this name was created in the right order.
fn assert_in_order(calls: &[Call], stand: &Stand, archive: &str) {
    let at = |wanted: &dyn Fn(&Call) -> bool| {
        calls.iter().enumerate().filter(|(_, call)| wanted(call)).map(|(at, _)| at).collect()
    };
    let is_renamed = |call: &Call| matches!(call, Call::Rename(_, to) if to.ends_with(archive));
    let renamed: Vec<usize> = at(&is_renamed);
    let [renamed] = renamed[..] else { panic!("not renamed once: {calls:#?}") };
    let Call::Rename(staging, _) = &calls[renamed] else { panic!("{calls:#?}") };
    let staging = staging.rsplit_once('/').map_or(staging.as_str(), |(_, name)| name);

    let written: Vec<usize> =
        at(&|call| matches!(call, Call::Write(path) if path.ends_with(staging)));
    let synced: Vec<usize> =
        at(&|call| matches!(call, Call::Sync(path) if path.ends_with(staging)));
    assert!(written.last() < synced.last(), "written after the sync: {calls:#?}");
    assert!(synced.last() < Some(&renamed) && !synced.is_empty(), "renamed unsynced: {calls:#?}");

    let folder = stand.place.artifacts().join(archive);
    let folder = folder.parent().unwrap().to_str().unwrap();
    let made_lasting: Vec<usize> = at(&|call| *call == Call::Sync(folder.to_owned()));
    let first = *made_lasting.first().unwrap_or_else(|| panic!("no sync of {folder}: {calls:#?}"));
    assert!(renamed < first, "the folder is synced too early: {calls:#?}");
    assert!(
        !calls.iter().any(|call| matches!(call, Call::Write(path) if path.ends_with(archive))),
        "written under its name: {calls:#?}"
    );

    let removed: Vec<usize> = at(
        &|call| matches!(call, Call::Remove(path) if path.ends_with(".docker") || path.ends_with(".zip")),
    );
    if let (Some(earliest), Some(latest)) = (removed.first(), removed.last()) {
        assert!(first < *earliest, "removed before the new one is durable: {calls:#?}");
        assert!(made_lasting.last() > Some(latest), "the removal is not synced: {calls:#?}");
    }
}

#[test]
fn write_sync_rename_sync_remove_sync() {
    let Some(tracer) = Tracer::find() else { return };
    scenario(20, |seed: &mut Seed| {
        let saved = made(seed);
        let engine = FakeEngine::showing(vec![saved.shown.clone()], Save::Ends(saved.tar.clone()));
        let reference = &saved.reference;
        let words = seed.choose(&[
            "update REF --clean",
            "update REF --clean --compress",
            "add file --name REF",
            "add file --name REF --compress",
        ]);
        let word = |word| if word == "REF" { reference.as_str() } else { word };
        let arguments: Vec<&str> = words.split(' ').map(word).collect();
        let stand = Stand::new(&engine.host);
        std::fs::write(stand.place.dir.path().join("file"), &saved.tar).unwrap();
        let trace = stand.place.dir.path().join("trace");
        let calls = format!("fsync,fchmod,{RENAME},{UNLINK},{WRITE}");
        let program = tracer.writing(&calls, &trace);
        let output = stand.place.command_by(program, &arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let calls = read(&std::fs::read_to_string(trace).unwrap());
        let format = if arguments.contains(&"--compress") { "zip" } else { "docker" };
        let (image, version) = reference.split_once(':').unwrap();
        let archive = format!("{image}_{version}_{}.{format}", &saved.config[7..19]);
        assert_in_order(&calls, &stand, &archive);
        let is_older =
            |call: &Call| matches!(call, Call::Remove(path) if path.contains("_1.0.0.1_"));
        assert_eq!(calls.iter().any(is_older), arguments.contains(&"--clean"), "{calls:#?}");
        "in order".to_owned()
    });
}

/// A folder that is created for the first archive must exist after a crash as well.
#[test]
fn a_new_folder_is_synced_in_its_parents() {
    let Some(tracer) = Tracer::find() else { return };
    scenario(3, |seed: &mut Seed| {
        let dir = *seed.choose(&["new", "new/deep", "./new/deep"]);
        let saved = made(seed);
        let stand = Stand::new("unix:///nonexistent");
        let root = stand.place.dir.path();
        std::fs::write(root.join("file"), &saved.tar).unwrap();
        let program = tracer.writing("fsync", &root.join("trace"));
        let arguments = ["--dir", dir, "add", "file"];
        let output = stand.place.command_by(program, &arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let calls = read(&std::fs::read_to_string(root.join("trace")).unwrap());
        let dir = root.join(dir.trim_start_matches("./"));
        for above in dir.ancestors().skip(1).take_while(|above| above.starts_with(root)) {
            let sync = Call::Sync(above.display().to_string());
            assert!(calls.contains(&sync), "{sync:?} is missing: {calls:#?}");
        }
        "in order".to_owned()
    });
}
