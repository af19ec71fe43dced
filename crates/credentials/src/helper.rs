//! Credential helpers: the programs `docker-credential-NAME`.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

/// The maximum size of a helper's output, in bytes.
const OUTPUT_LIMIT: u64 = 1 << 20;

/// An error of a credential helper, after which it is unknown whether a login exists.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no login for {registry}: `{helper}` {reason}")]
pub struct CredentialsError {
    registry: String,
    helper: String,
    kind: CredentialsErrorKind,
    reason: String,
}

/// The kind of a [`CredentialsError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CredentialsErrorKind {
    /// The configured name contains a `/`, so it is not the name of a program.
    BadName,
    /// The helper did not finish within its time limit.
    TimedOut,
    /// The helper could not be run, or its output could not be read.
    NotRun,
    /// The helper printed something that is not JSON.
    BadOutput,
    /// The helper exited with an error.
    Failed,
}

impl CredentialsError {
    /// Returns the registry for which a login was looked up, or `any registry`.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// Returns the name of the program.
    pub fn helper(&self) -> &str {
        &self.helper
    }

    /// Returns the kind of the error.
    pub fn kind(&self) -> CredentialsErrorKind {
        self.kind
    }
}

/// The settings with which credential helpers run.
#[derive(Debug, Clone)]
pub(crate) struct Helpers {
    /// The folder of the programs. If it is `None`, they are searched for on the `PATH`.
    pub(crate) folder: Option<PathBuf>,
    /// The time limit of a program.
    pub(crate) limit: Duration,
}

impl Helpers {
    /// Runs a command of a helper and parses its output. Returns null if the helper has no login
    /// for the registry.
    pub(crate) async fn run(
        &self,
        helper: &str,
        command: &str,
        registry: &str,
    ) -> Result<Value, CredentialsError> {
        let helper = format!("docker-credential-{helper}");
        let fail = |kind, reason: String| CredentialsError {
            registry: if registry.is_empty() { "any registry" } else { registry }.to_owned(),
            helper: helper.clone(),
            kind,
            reason,
        };
        if helper.contains('/') {
            let reason = "has a `/` in its name".to_owned();
            return Err(fail(CredentialsErrorKind::BadName, reason));
        }
        let program = match &self.folder {
            Some(folder) => folder.join(&helper),
            None => PathBuf::from(&helper),
        };
        let ended = tokio::time::timeout(self.limit, call(&program, command, registry));
        let (status, output) = ended
            .await
            .map_err(|_| {
                let seconds = self.limit.as_secs_f64();
                let reason = format!("did not answer within {seconds} s");
                fail(CredentialsErrorKind::TimedOut, reason)
            })?
            .map_err(|error| {
                fail(CredentialsErrorKind::NotRun, format!("cannot be run: {error}"))
            })?;
        if status.success() {
            // The output is not part of the error, because it can contain the secret.
            return serde_json::from_slice(&output).map_err(|_| {
                let reason = "printed something that is not JSON".to_owned();
                fail(CredentialsErrorKind::BadOutput, reason)
            });
        }
        // Helpers print errors to the same stream as secrets, so the output is never part of an
        // error.
        match output.trim_ascii() {
            b"credentials not found in native keychain" => Ok(Value::Null),
            _ => Err(fail(CredentialsErrorKind::Failed, format!("failed with {status}"))),
        }
    }
}

async fn call(program: &Path, command: &str, input: &str) -> io::Result<(ExitStatus, Vec<u8>)> {
    let mut child = Command::new(program);
    child.arg(command).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = child.kill_on_drop(true).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A helper that exits without reading its input prints the reason, which is read below.
        let _ = stdin.write_all(input.as_bytes()).await;
    }
    let mut output = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(OUTPUT_LIMIT + 1).read_to_end(&mut output).await?;
    }
    if output.len() as u64 > OUTPUT_LIMIT {
        return Err(io::Error::other("its output is longer than 1 MiB"));
    }
    Ok((child.wait().await?, output))
}
