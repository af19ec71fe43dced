//! The machines of docker-machine, which reports the addresses of their engines.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::discover::resolve_error::{ResolveError, ResolveErrorKind};
use crate::discover::settings::Settings;
use crate::discover::timeouts::{Seconds, Timeouts};
use crate::wire::limits::{self, Limit};

/// The setting that selects a machine.
const SETTING: &str = "DOCKER_MACHINE_NAME";

/// The interval at which the program is checked for its exit, after its output has ended.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// docker-machine's description of a machine.
pub(crate) struct Machine {
    /// The engine's address.
    pub(crate) host: String,
    /// Whether the engine uses TLS.
    pub(crate) is_tls: bool,
    /// The folder of certificates.
    pub(crate) cert_path: Option<PathBuf>,
}

/// Runs `docker-machine env` for a machine. The program is stopped after the time limit of an
/// ordinary call.
pub(crate) fn ask(name: &str, settings: &Settings) -> Result<Machine, ResolveError> {
    let limit = Timeouts::resolve(settings)?.call;
    let program = settings.docker_machine_program.as_deref();
    let program = program.unwrap_or(Path::new("docker-machine"));
    let refuse = |(kind, reason): Refusal| ResolveError::new(kind, SETTING, name, reason);
    if name.starts_with('-') {
        return Err(refuse(unusable("a machine's name cannot start with `-`")));
    }
    let output = run(program, name, limit).map_err(refuse)?;
    let value = |name: &str| find_export(&output, name).map(str::to_owned);
    let host = value("DOCKER_HOST")
        .ok_or_else(|| refuse(unusable("docker-machine printed no DOCKER_HOST")))?;
    let is_tls = value("DOCKER_TLS_VERIFY").is_some();
    Ok(Machine { host, is_tls, cert_path: value("DOCKER_CERT_PATH").map(PathBuf::from) })
}

/// The kind of an error, and the reason why a machine cannot be used.
type Refusal = (ResolveErrorKind, String);

fn unusable(reason: impl Into<String>) -> Refusal {
    (ResolveErrorKind::Machine, reason.into())
}

/// Returns the output of the program, or the reason why it cannot be used.
fn run(program: &Path, name: &str, limit: Duration) -> Result<String, Refusal> {
    let mut command = Command::new(program);
    command.args(["env", "--shell", "sh", name]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => (
            ResolveErrorKind::MachineProgram,
            format!("there is no program `{}`", program.display()),
        ),
        _ => unusable(format!("`{}` cannot be run: {error}", program.display())),
    })?;
    let ended = wait(&mut child, limit);
    if ended.is_err() {
        // Both fail only if the program has ended meanwhile.
        let _ = child.kill();
        let _ = child.wait();
    }
    let Ended { status, stdout, stderr } = ended.map_err(|error| match error.kind() {
        io::ErrorKind::TimedOut => (
            ResolveErrorKind::MachineTimeout,
            format!("docker-machine did not answer within {}", Seconds(limit)),
        ),
        _ => unusable(format!("the output of docker-machine cannot be read: {error}")),
    })?;
    if !status.success() {
        let message = match stderr.trim() {
            "" => "no message",
            message => message,
        };
        return Err(unusable(format!("docker-machine failed with {status}: {message}")));
    }
    Ok(stdout)
}

struct Ended {
    status: ExitStatus,
    stdout: String,
    stderr: String,
}

/// Reads both outputs to their ends, and waits until the program exits.
fn wait(child: &mut Child, limit: Duration) -> io::Result<Ended> {
    let start = Instant::now();
    let stdout = read_aside(child.stdout.take());
    let stderr = read_aside(child.stderr.take());
    let rest = || limit.saturating_sub(start.elapsed());
    let late = |_| io::Error::from(io::ErrorKind::TimedOut);
    let stdout = stdout.recv_timeout(rest()).map_err(late)??;
    let stderr = stderr.recv_timeout(rest()).map_err(late)??;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Ended { status, stdout, stderr });
        }
        if rest().is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Reads a pipe in a thread, which ends when the pipe ends.
fn read_aside(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<io::Result<String>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read =
            pipe.map_or(Ok(0), |pipe| pipe.take(limits::PROGRAM + 1).read_to_end(&mut bytes));
        let read = read.and_then(|count| match count as u64 > limits::PROGRAM {
            true => Err(io::Error::other(format!("it is longer than {}", Limit(limits::PROGRAM)))),
            false => Ok(()),
        });
        // There is no receiver if reading took too long.
        let _ = sender.send(read.map(|()| String::from_utf8_lossy(&bytes).into_owned()));
    });
    receiver
}

/// Returns the value in a line `export NAME="value"`, or `None` if it is missing or empty.
fn find_export<'a>(output: &'a str, name: &str) -> Option<&'a str> {
    let value = output.lines().find_map(|line| {
        let value = line.trim().strip_prefix("export ")?.strip_prefix(name)?.strip_prefix('=')?;
        Some(value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value))
    })?;
    (!value.is_empty()).then_some(value)
}
