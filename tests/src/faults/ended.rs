//! Processes that are ended at any moment: afterwards there are only complete archives, and the
//! next run removes the leftovers and completes.

use std::process::{Child, Command};

use super::bench::{Seed, scenario};
use super::saved::{Saved, made};
use super::stand::{Stand, archives_of, staging_in};
use super::trace::{CHANGES, Tracer};
use crate::command::Said;
use crate::fake_engine::{FakeEngine, Save};

const SIGNALS: [&str; 4] = ["KILL", "TERM", "INT", "HUP"];

/// The work of the command that is ended.
#[derive(Debug)]
struct Job {
    arguments: &'static [&'static str],
    /// Whether the folder already has the new archive, as a plain tar.
    is_there: bool,
    /// Whether all records were removed before.
    is_unknown: bool,
    /// Number of archives of the image in the end.
    archives: usize,
}

const JOBS: [Job; 7] = [
    Job::of(&["update", "REF", "--clean"], 1),
    Job::of(&["update", "REF", "--clean", "--compress"], 1),
    Job { is_there: true, ..Job::of(&["update", "REF", "--clean", "--compress"], 1) },
    Job::of(&["add", "FILE", "--name", "REF"], 2),
    Job::of(&["add", "FILE", "--name", "REF", "--compress"], 2),
    Job { is_there: true, ..Job::of(&["clean", "IMAGE", "--keep", "1"], 1) },
    Job { is_there: true, is_unknown: true, ..Job::of(&["verify", "--repair"], 2) },
];

impl Job {
    const fn of(arguments: &'static [&'static str], archives: usize) -> Self {
        Self { arguments, is_there: false, is_unknown: false, archives }
    }

    /// Creates the folder.
    fn stand(&self, saved: &Saved, host: &str) -> Stand {
        let stand = Stand::new(host);
        std::fs::write(stand.place.dir.path().join("file"), &saved.tar).unwrap();
        if self.is_there {
            stand.place.ok(&["add", "file", "--name", &saved.reference]);
        }
        if self.is_unknown {
            std::fs::remove_dir_all(stand.place.artifacts().join(".sealift/records")).unwrap();
        }
        let before = stand.now();
        Stand { before, ..stand }
    }

    fn arguments(&self, saved: &Saved) -> Vec<String> {
        let image = saved.reference.split(':').next().unwrap();
        let word = |word: &&str| match *word {
            "REF" => saved.reference.clone(),
            "IMAGE" => image.to_owned(),
            "FILE" => "file".to_owned(),
            word => word.to_owned(),
        };
        self.arguments.iter().map(word).collect()
    }
}

/// Asserts that the folder is valid after the first run was ended, and that the next run completes.
fn assert_survived(stand: &Stand, saved: &Saved, job: &Job, said: &Said, host: &str) -> String {
    let image = saved.reference.split(':').next().unwrap();
    stand.assert_only_whole_archives();
    let archives = archives_of(&stand.place, image);
    assert!(!archives.is_empty(), "no archive of {image} is left: {said:?}");
    match said.code {
        // After a kill, its staging file may exist.
        -1 => {}
        // The same applies if two threads made such a call, and the second signal ended the process
        // immediately.
        130 if said.stderr.ends_with("interrupted at once\n") => {}
        130 => {
            let end = "interrupted; nothing was left half done\n";
            assert!(said.stderr.ends_with(end), "{said:?}");
            assert_eq!(staging_in(&stand.now()), Vec::<String>::new());
            let is_older = |name: &String| name.contains("_1.0.0.1_");
            assert!(archives.iter().any(is_older), "the older one was removed: {said:?}");
        }
        code => assert_eq!(code, 0, "{said:?}"),
    }
    let mut again = stand.place.command(&job.arguments(saved));
    let again = stand.place.said(again.env("DOCKER_HOST", host).output().unwrap());
    assert_eq!(again.code, 0, "{again:?}");
    stand.assert_only_whole_archives();
    let archives = archives_of(&stand.place, image);
    assert_eq!(archives.len(), job.archives, "{archives:?}, {again:?}");
    assert_eq!(staging_in(&stand.now()), Vec::<String>::new(), "the next run leaves staging files");
    match said.code {
        -1 => "killed".to_owned(),
        130 => "interrupted".to_owned(),
        _ => "was done before".to_owned(),
    }
}

/// The process is ended at the n-th system call that changes the folder, or that writes.
#[test]
fn at_a_system_call() {
    let Some(tracer) = Tracer::find() else { return };
    scenario(36, |seed: &mut Seed| {
        let (calls, most) = *seed.choose(&CHANGES);
        let job = seed.choose(&JOBS);
        let signal = *seed.any(&["KILL", "KILL", "KILL", "TERM", "INT", "HUP"]);
        let what = format!("signal={signal}:when={}", 1 + seed.below(most));
        let saved = made(seed);
        let engine = FakeEngine::showing(vec![saved.shown.clone()], Save::Ends(saved.tar.clone()));
        let stand = job.stand(&saved, &engine.host);
        let program = tracer.injecting(calls, &what);
        let mut command = stand.place.command_by(program, &job.arguments(&saved));
        let said = stand.place.said(command.output().unwrap());
        assert_survived(&stand, &saved, job, &said, &engine.host)
    });
}

/// The process is ended after this many bytes of a save.
#[test]
fn in_a_save() {
    scenario(12, |seed: &mut Seed| {
        let signal = *seed.choose(&SIGNALS);
        let job = seed.choose(&JOBS[..2]);
        let saved = made(seed);
        let sent = saved.tar[..1 + seed.below(saved.tar.len() - 1)].to_vec();
        let mut engine = FakeEngine::showing(vec![saved.shown.clone()], Save::Stalls(sent));
        let stand = job.stand(&saved, &engine.host);
        let child = stand.place.spawn(&mut stand.place.command(&job.arguments(&saved)));
        engine.sent.recv().unwrap();
        send(&child, signal);
        let said = stand.place.said(child.wait_with_output().unwrap());
        engine.release();
        match signal {
            "KILL" => assert_eq!(said.code, -1, "{said:?}"),
            _ => stand.assert_refused(&said, 130, "interrupted"),
        }
        let whole = FakeEngine::showing(vec![saved.shown.clone()], Save::Ends(saved.tar.clone()));
        assert_survived(&stand, &saved, job, &said, &whole.host)
    });
}

fn send(child: &Child, signal: &str) {
    let sent = Command::new("kill").arg(format!("-{signal}")).arg(child.id().to_string()).status();
    assert!(sent.unwrap().success());
}
