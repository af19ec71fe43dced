//! Calls of the built command in a temporary folder.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use regex::Regex;
use tempfile::TempDir;

/// A temporary folder to run the command in. Its archives are in `artifacts`.
pub(crate) struct Place {
    pub(crate) dir: TempDir,
    host: String,
}

/// The output and the exit code of a command.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    /// Creates a place without an engine.
    pub(crate) fn new() -> Self {
        Self::with_engine("unix:///nonexistent/engine.sock")
    }

    pub(crate) fn with_engine(host: &str) -> Self {
        Self { dir: tempfile::tempdir().unwrap(), host: host.to_owned() }
    }

    pub(crate) fn artifacts(&self) -> PathBuf {
        self.dir.path().join("artifacts")
    }

    /// Puts a file into the folder of archives.
    pub(crate) fn put(&self, name: &str, content: &[u8]) {
        let path = self.artifacts().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Creates a build context with one file.
    pub(crate) fn context(&self, content: &[u8]) -> PathBuf {
        let context = self.dir.path().join("context");
        std::fs::create_dir_all(&context).unwrap();
        std::fs::write(context.join("content"), content).unwrap();
        std::fs::write(context.join("Dockerfile"), "FROM scratch\nCOPY content /content\n")
            .unwrap();
        context
    }

    /// Creates a context `edge` of the docker CLI. Returns the folder for its certificates.
    pub(crate) fn make_context(&self, host: &str) -> PathBuf {
        // `printf edge | sha256sum`
        let id = "a1cb100f57e971cacf269e7c26e4630a25a8e9d4bdd35e32df1a80b66b896254";
        let contexts = self.dir.path().join(".docker/contexts");
        let meta = contexts.join("meta").join(id);
        std::fs::create_dir_all(&meta).unwrap();
        let endpoints = serde_json::json!({ "docker": { "Host": host } });
        let text = serde_json::json!({ "Name": "edge", "Endpoints": endpoints }).to_string();
        std::fs::write(meta.join("meta.json"), text).unwrap();
        contexts.join("tls").join(id).join("docker")
    }

    pub(crate) fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        self.set_up(Command::new(binary()), arguments)
    }

    /// Creates a call of a program in `examples/`.
    pub(crate) fn example<S: AsRef<OsStr>>(&self, name: &str, arguments: &[S]) -> Command {
        self.set_up(Command::new(built(name)), arguments)
    }

    /// Creates a call of the command through another program, which expects a command after its own
    /// arguments.
    pub(crate) fn command_by<S: AsRef<OsStr>>(
        &self,
        mut program: Command,
        arguments: &[S],
    ) -> Command {
        program.arg(binary());
        self.set_up(program, arguments)
    }

    fn set_up<S: AsRef<OsStr>>(&self, mut command: Command, arguments: &[S]) -> Command {
        command.args(arguments).current_dir(self.dir.path()).env("DOCKER_HOST", &self.host);
        command.env("HOME", self.dir.path());
        for name in [
            "SEALIFT_CONFIG",
            "SEALIFT_DIR",
            "XDG_CONFIG_HOME",
            "ARTIFACTS_DIR",
            "SEALIFT_API_TIMEOUT",
            "SEALIFT_IMMUTABLE",
            "DOCKER_API_VERSION",
            "DOCKER_CERT_PATH",
            "DOCKER_CONFIG",
            "DOCKER_CONTEXT",
            "DOCKER_MACHINE_NAME",
            "DOCKER_TLS",
            "DOCKER_TLS_VERIFY",
            "CLICOLOR_FORCE",
        ] {
            command.env_remove(name);
        }
        command.env("RUST_BACKTRACE", "0").env("COLUMNS", "80").stdin(Stdio::null());
        command
    }

    pub(crate) fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Said {
        self.said(self.command(arguments).output().unwrap())
    }

    /// Runs the command, which must succeed. Returns its standard output.
    pub(crate) fn ok<S: AsRef<OsStr> + std::fmt::Debug>(&self, arguments: &[S]) -> String {
        let said = self.run(arguments);
        assert_eq!(said.code, 0, "{arguments:?}: {said:?}");
        said.stdout
    }

    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Said {
        let mut child = self.spawn(self.command(arguments).stdin(Stdio::piped()));
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        self.said(child.wait_with_output().unwrap())
    }

    pub(crate) fn spawn(&self, command: &mut Command) -> Child {
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Interrupts a running command as Ctrl-C does.
    pub(crate) fn interrupt(child: &Child) {
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    }

    /// Interrupts a running command, and waits for its end.
    pub(crate) fn interrupted(&self, child: Child) -> Said {
        Self::interrupt(&child);
        self.said(child.wait_with_output().unwrap())
    }

    /// Replaces the parts of the output that differ between runs.
    pub(crate) fn said(&self, output: Output) -> Said {
        let clean = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes);
            let dir = self.dir.path().display().to_string();
            without_times(&text).replace(&self.host, "HOST").replace(&dir, "DIR")
        };
        Said {
            code: output.status.code().unwrap_or(-1),
            stdout: clean(&output.stdout),
            stderr: clean(&output.stderr),
        }
    }

    /// Returns all files in the folder of archives with their contents, except `.sealift`.
    pub(crate) fn state(&self) -> BTreeMap<String, Vec<u8>> {
        let mut state = BTreeMap::new();
        collect(&self.artifacts(), &self.artifacts(), &mut state);
        state
    }

    pub(crate) fn files(&self) -> Vec<String> {
        self.state().into_keys().collect()
    }
}

/// Removes the duration in a summary, which is printed only on a slow machine.
fn without_times(text: &str) -> String {
    let time = Regex::new(r"(?m) in (?:\d+ min )?\d+(?:\.\d)? s(:|$)").unwrap();
    time.replace_all(text, "$1").into_owned()
}

impl Said {
    /// Returns the exit code and standard error, for a snapshot.
    pub(crate) fn refusal(&self) -> String {
        assert_eq!(self.stdout, "", "an error comes without output");
        format!("[{}]\n{}", self.code, self.stderr)
    }
}

fn collect(root: &Path, folder: &Path, state: &mut BTreeMap<String, Vec<u8>>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.file_name() == Some(OsStr::new(".sealift")) {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, state);
        } else {
            let name = path.strip_prefix(root).unwrap().display().to_string();
            state.insert(name, std::fs::read(&path).unwrap_or_default());
        }
    }
}

/// Returns the path of the built command.
pub(crate) fn binary() -> PathBuf {
    built("sealift")
}

/// Returns the path of a program that `cargo xtask test` has built.
fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let binary = test.parent().and_then(Path::parent).unwrap().join(name);
    assert!(binary.is_file(), "{} is missing: `cargo xtask test` builds it", binary.display());
    binary
}

/// Runs a command that must fail, and asserts that the folder is unchanged.
pub(crate) fn refused(place: &Place, arguments: &[&str]) -> Said {
    let before = place.state();
    let said = place.run(&[arguments, &["--progress", "none"]].concat());
    assert_ne!(said.code, 0, "{arguments:?}: {said:?}");
    assert_eq!(place.state(), before, "{arguments:?}");
    said
}

/// Returns the commands that a help text lists.
pub(crate) fn commands_of(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| line.starts_with("  "));
    let names = lines.filter(|line| !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// Returns a name for the images of this test.
pub(crate) fn image_name() -> String {
    let thread = std::thread::current();
    let name: String = thread
        .name()
        .unwrap_or("test")
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' })
        .collect();
    format!("sealift-test-{}", name.split_whitespace().collect::<Vec<_>>().join("-"))
}

/// Writes a script that replaces or wraps a program.
pub(crate) fn write_script(path: &Path, script: &str) {
    // A file that is open for writing cannot be executed, and the child of another test may briefly
    // inherit the open files of this process. Therefore a shell writes the file.
    let mut shell = Command::new("sh");
    shell.args(["-c", "printf %s \"$1\" > \"$0\""]).arg(path).arg(format!("#!/bin/sh\n{script}"));
    assert!(shell.status().unwrap().success());
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}
