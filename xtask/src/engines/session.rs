//! An engine that a task starts and stops.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

use super::api;
use super::doors::{self, Door, Prepared};
use super::kind::Kind;
use crate::workspace;

/// The longest path of an engine's home. Paths of sockets are limited to 107 bytes, and engines
/// create no longer name than this leaves.
const LONGEST_HOME: usize = 90;
const START: Duration = Duration::from_secs(60);
const END: Duration = Duration::from_secs(20);

/// The lifetime of the engines that are started here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lifetime {
    /// Until the value is dropped or the process ends.
    OfTheTask,
    /// Until [`end`] is called.
    UntilDown,
}

/// An engine that was started here. It stops when this value is dropped, or when [`end`] is called,
/// depending on its [`Lifetime`].
pub(super) struct Session {
    kind: Kind,
    child: Child,
    lifetime: Lifetime,
}

impl Session {
    /// Starts the engine, with the packages in these folders, and waits until it answers.
    pub(super) fn start(
        kind: Kind,
        packages: &[PathBuf],
        doors: &[Door],
        lifetime: Lifetime,
    ) -> Result<Self> {
        let home = home(kind);
        if home.exists() {
            fs::remove_dir_all(&home)
                .with_context(|| format!("cannot empty {}", home.display()))?;
        }
        fs::create_dir_all(&home)?;
        for (name, content) in kind.settings(is_overlay(&home)?) {
            fs::write(home.join(name), content)?;
        }
        let doors = doors::prepare(kind, doors, &home)?;
        let init = home.join("init.sh");
        fs::write(&init, include_str!("init.sh"))?;
        let log = fs::File::create(home.join("log"))?;

        // In a separate session, so that Ctrl-C at the terminal does not reach it.
        let mut command = Command::new("setsid");
        command.args([
            "unshare",
            "--mount",
            "--pid",
            "--mount-proc",
            "--fork",
            "--kill-child",
            "sh",
        ]);
        command.arg(&init).arg(&home);
        match lifetime {
            Lifetime::OfTheTask => command.arg("watch").stdin(Stdio::piped()),
            Lifetime::UntilDown => command.arg("stay").stdin(Stdio::null()),
        };
        command.args(packages).arg("--").args(kind.command()).args(&doors.arguments);
        let child = command
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("cannot run setsid of util-linux")?;
        let mut session = Self { kind, child, lifetime };
        if let Err(error) = session.wait_until_it_answers(&doors) {
            session.give_up();
            return Err(error);
        }
        Ok(session)
    }

    /// Stops the engine when this value is dropped, regardless of its [`Lifetime`], because it is
    /// incomplete.
    pub(super) fn give_up(&mut self) {
        self.lifetime = Lifetime::OfTheTask;
    }

    fn wait_until_it_answers(&mut self, doors: &Prepared) -> Result<()> {
        let address = address(self.kind)?;
        let started = Instant::now();
        while !(api::answers(&address) && doors.are_open()) {
            if let Some(status) = self.child.try_wait()? {
                let how = match status.signal() {
                    Some(signal) => format!("by signal {signal}"),
                    None => format!("with status {}", status.code().unwrap_or_default()),
                };
                bail!("{} ended immediately {how}; its log is:\n{}", self.kind, self.last_words());
            }
            ensure!(
                started.elapsed() < START,
                "{} does not answer after {} s; its log is:\n{}",
                self.kind,
                START.as_secs(),
                self.last_words()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    fn last_words(&self) -> String {
        let log = fs::read_to_string(home(self.kind).join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(12)..].join("\n")
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.lifetime == Lifetime::OfTheTask {
            if let Err(error) = end(self.kind) {
                crate::say::error(&error);
            }
            let _ = self.child.wait();
        }
    }
}

/// Returns `true` if a folder is on an overlay file system, like all folders in a container.
fn is_overlay(folder: &Path) -> Result<bool> {
    const OVERLAYFS: u64 = 0x794c_7630;
    let system = rustix::fs::statfs(folder)
        .with_context(|| format!("cannot determine the file system of {}", folder.display()))?;
    Ok(u64::try_from(system.f_type).is_ok_and(|number| number == OVERLAYFS))
}

/// Returns the folder with all files of an engine of this kind.
fn home(kind: Kind) -> PathBuf {
    workspace::engines().join(kind.name())
}

/// Returns a link to a home whose path is too long for a socket, or contains a character that would
/// have to be quoted in `name=address` pairs.
fn shortcut(home: &Path) -> PathBuf {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    home.hash(&mut hasher);
    std::env::temp_dir().join(format!("sealift-{:016x}", hasher.finish()))
}

/// Returns the address of an engine of this kind, if it runs.
pub(super) fn address(kind: Kind) -> Result<String> {
    let mut home = home(kind);
    let plain = |&byte: &u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    let name = home.as_os_str().as_encoded_bytes();
    if name.len() > LONGEST_HOME || !name.iter().all(plain) {
        let short = shortcut(&home);
        if fs::read_link(&short).ok().as_ref() != Some(&home) {
            std::os::unix::fs::symlink(&home, &short)
                .with_context(|| format!("cannot link {}", short.display()))?;
        }
        home = short;
    }
    Ok(format!("unix://{}/engine.sock", home.display()))
}

/// Returns the folder that describes the engine's other addresses, if it runs and has any.
pub(super) fn doors(kind: Kind) -> Result<Option<PathBuf>> {
    // The path of the socket contains no character that would have to be quoted.
    let socket = address(kind)?;
    let home = Path::new(socket.trim_start_matches("unix://")).with_file_name("doors");
    Ok(home.is_dir().then_some(home))
}

/// Stops the engine of this kind, if a task started it, and removes its files except the log.
pub(super) fn end(kind: Kind) -> Result<bool> {
    let home = home(kind);
    let running = first_process(&home)?;
    if let Some(first) = running {
        let _ = kill_process(first, Signal::TERM);
        let asked = Instant::now();
        let mut forced = false;
        while first_process(&home)? == running {
            if asked.elapsed() > END && !forced {
                let _ = kill_process(first, Signal::KILL);
                forced = true;
            }
            ensure!(asked.elapsed() < END * 2, "{kind} (process {first:?}) does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    if home.exists() {
        let log = home.join("log");
        if log.exists() {
            fs::rename(&log, home.with_extension("log"))?;
        }
        fs::remove_dir_all(&home).with_context(|| format!("cannot remove {}", home.display()))?;
    }
    let short = shortcut(&home);
    if fs::read_link(&short).is_ok_and(|target| target == home) {
        fs::remove_file(short)?;
    }
    Ok(running.is_some())
}

/// Finds the first process of the namespaces of the engine in this folder.
///
/// The process is searched for among the running ones, because a file with its id could be out of
/// date. It has our script in this folder as its command line, and is number 1 in its namespace.
fn first_process(home: &Path) -> Result<Option<Pid>> {
    let init = home.join("init.sh");
    for entry in fs::read_dir("/proc").context("cannot list processes")? {
        let process = entry?.path();
        let Ok(command) = fs::read(process.join("cmdline")) else { continue };
        let words: Vec<&[u8]> = command.split(|&byte| byte == 0).collect();
        if words.get(1) != Some(&init.as_os_str().as_encoded_bytes()) {
            continue;
        }
        let status = fs::read_to_string(process.join("status")).unwrap_or_default();
        let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
        let numbers: Vec<&str> = numbers.unwrap_or_default().split_whitespace().collect();
        if let [number, .., "1"] = numbers.as_slice() {
            return Ok(number.parse().ok().and_then(Pid::from_raw));
        }
    }
    Ok(None)
}

/// Returns `true` if an engine of this kind runs that a task started.
pub(super) fn runs(kind: Kind) -> bool {
    matches!(first_process(&home(kind)), Ok(Some(_)))
}
