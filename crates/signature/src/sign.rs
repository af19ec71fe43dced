//! Creates signatures with `ssh-keygen` or `minisign`.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use crate::minisign;
use crate::signers::Format;

/// The number of bytes that are read of a key file to recognize its format.
const BEGINNING: u64 = 1024;
/// The maximum size of a signature in bytes.
const SIGNATURE_LIMIT: u64 = 1 << 16;
/// The number of the signal that Ctrl-C sends, which is the same on every Unix.
const SIGINT: i32 = 2;
/// The interval at which a running program is checked for its exit.
const PAUSE: Duration = Duration::from_millis(20);

/// A key file that creates signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    path: PathBuf,
    format: Format,
}

/// The reason why no signature was created. It contains no secrets.
#[derive(Debug, thiserror::Error)]
#[error("could not sign with {}: {reason}", .key.display())]
pub struct SignError {
    key: PathBuf,
    reason: String,
    is_cancelled: bool,
}

impl SignError {
    /// Returns `true` if signing was cancelled by the caller or with Ctrl-C.
    pub fn is_cancelled(&self) -> bool {
        self.is_cancelled
    }

    /// Returns the path of the key file.
    pub fn key(&self) -> &Path {
        &self.key
    }
}

impl SigningKey {
    /// Opens a key file, and recognizes its format by the beginning of the file: a secret key of
    /// minisign, or else a key of SSH. An SSH key can be a private key, or a public key whose
    /// private key is in an agent.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, SignError> {
        let path = path.into();
        let mut beginning = Vec::new();
        let read = File::open(&path)
            .and_then(|file| file.take(BEGINNING).read_to_end(&mut beginning).map(drop));
        if let Err(error) = read {
            let reason = format!("the key cannot be read: {error}");
            return Err(SignError { key: path, reason, is_cancelled: false });
        }
        let is_minisign = beginning.starts_with(minisign::COMMENT.as_bytes());
        let format = if is_minisign { Format::Minisign } else { Format::Ssh };
        Ok(Self { path, format })
    }

    /// Returns the path of the key file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the format of the signatures that the key creates.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Signs a message. `ssh-keygen` signs it for the namespace. `minisign` signs it with the file
    /// name `name` in the trusted comment.
    ///
    /// The program can ask for a password on the terminal, and its messages go to standard error.
    /// It is killed soon after `stop` returns `true`.
    ///
    /// # Errors
    ///
    /// Returns an error if the program cannot be run, fails or is stopped.
    pub fn sign(
        &self,
        message: &[u8],
        namespace: &str,
        name: &str,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Vec<u8>, SignError> {
        match self.format {
            Format::Ssh => self.with_ssh_keygen(message, namespace, stop),
            Format::Minisign => self.with_minisign(message, name, stop),
        }
    }

    fn with_ssh_keygen(
        &self,
        message: &[u8],
        namespace: &str,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Vec<u8>, SignError> {
        let program = "ssh-keygen";
        let mut command = Command::new(program);
        command.args(["-q", "-Y", "sign", "-n", namespace, "-f"]).arg(&self.path);
        // ssh-keygen reads passwords from the terminal, not from its standard input.
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| self.not_run(program, &error))?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let (status, signature) = thread::scope(|scope| {
            scope.spawn(|| {
                // A program that does not read its input fails with a reason of its own.
                let _ = stdin.map(|mut stdin| stdin.write_all(message));
            });
            let reading = scope.spawn(|| {
                let mut output = Vec::new();
                let read =
                    |stdout| io::Read::take(stdout, SIGNATURE_LIMIT).read_to_end(&mut output);
                let _ = stdout.map(read);
                output
            });
            let status = wait(&mut child, stop);
            (status, reading.join().unwrap_or_default())
        });
        self.ended(program, status)?;
        if signature.is_empty() {
            return Err(self.failed(format!("{program} printed no signature")));
        }
        Ok(signature)
    }

    fn with_minisign(
        &self,
        message: &[u8],
        name: &str,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Vec<u8>, SignError> {
        let program = "minisign";
        let no_folder =
            |error: io::Error| self.failed(format!("cannot create a temporary folder: {error}"));
        let folder = tempfile::tempdir().map_err(no_folder)?;
        let (content, signature) = (folder.path().join(name), folder.path().join("signature"));
        fs::write(&content, message).map_err(no_folder)?;
        let mut command = Command::new(program);
        // `-H` signs a hash of the content, which older releases do not do by default.
        command.args(["-S", "-H", "-s"]).arg(&self.path);
        command.arg("-m").arg(&content).arg("-x").arg(&signature);
        // minisign prints messages on standard output, which the caller may need for its results.
        let stderr = io::stderr().as_fd().try_clone_to_owned();
        command.stdout(stderr.map_or_else(|_| Stdio::null(), Stdio::from));
        let mut child = command.spawn().map_err(|error| self.not_run(program, &error))?;
        self.ended(program, wait(&mut child, stop))?;
        let read = fs::read(&signature);
        read.map_err(|error| self.failed(format!("{program} wrote no signature: {error}")))
    }

    fn ended(&self, program: &str, status: io::Result<Ended>) -> Result<(), SignError> {
        match status {
            Ok(Ended::With(status)) if status.success() => Ok(()),
            // Ctrl-C at the prompt for a password reaches both programs.
            Ok(Ended::With(status)) if status.signal() == Some(SIGINT) => Err(SignError {
                is_cancelled: true,
                ..self.failed(format!("{program} was interrupted"))
            }),
            Ok(Ended::With(status)) => Err(self.failed(format!("{program} failed with {status}"))),
            Ok(Ended::Stopped) => Err(SignError {
                is_cancelled: true,
                ..self.failed(format!("{program} was stopped"))
            }),
            Err(error) => Err(self.not_run(program, &error)),
        }
    }

    fn not_run(&self, program: &str, error: &io::Error) -> SignError {
        self.failed(match error.kind() {
            io::ErrorKind::NotFound => format!("{program} is not installed"),
            _ => format!("{program} cannot be run: {error}"),
        })
    }

    fn failed(&self, reason: String) -> SignError {
        SignError { key: self.path.clone(), reason, is_cancelled: false }
    }
}

/// Displays the path of the key file.
impl fmt::Display for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.display().fmt(f)
    }
}

/// The end of a program.
enum Ended {
    With(ExitStatus),
    Stopped,
}

fn wait(child: &mut Child, stop: &(dyn Fn() -> bool + Sync)) -> io::Result<Ended> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Ended::With(status));
        }
        if stop() {
            child.kill()?;
            child.wait()?;
            return Ok(Ended::Stopped);
        }
        thread::sleep(PAUSE);
    }
}
