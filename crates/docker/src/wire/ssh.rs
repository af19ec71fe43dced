//! Connects to an engine on another machine through this machine's `ssh` and that machine's
//! `docker`.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::process::{ExitStatus, Stdio};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;

/// The number of bytes that are kept of ssh's standard error.
const WORDS_LIMIT: usize = 16 * 1024;

/// The time limit for ssh to exit after it has sent everything, and to print its last message.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The destination of ssh.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Destination<'a> {
    pub(crate) user: Option<&'a str>,
    pub(crate) host: &'a str,
    pub(crate) port: Option<u16>,
    /// The path of the engine's socket on that host. If it is `None`, the docker CLI there decides.
    pub(crate) socket: Option<&'a str>,
}

/// A running ssh, whose input and output are the connection. Dropping it ends ssh.
pub(crate) struct SshStream {
    stdin: ChildStdin,
    stdout: ChildStdout,
    /// The wait for ssh's exit after the last byte.
    end: Pin<Box<dyn Future<Output = io::Result<()>> + Send>>,
    state: SshState,
}

enum SshState {
    Flowing,
    Ending,
    Ended,
}

/// The exit of an ssh that failed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("ssh failed with {status}: {words}")]
pub(crate) struct SshEnded {
    pub(crate) status: ExitStatus,
    /// The output of ssh, joined to one line.
    pub(crate) words: String,
}

impl SshStream {
    /// Starts ssh. A failure to connect is reported by the first read.
    pub(crate) fn connect(
        program: &Path,
        destination: Destination<'_>,
        limit: Duration,
    ) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.args(arguments(destination, limit));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A process group of its own keeps ssh out of reach of the terminal. Otherwise an interrupt
        // there would end ssh, which would look like a host that cannot be reached.
        command.process_group(0);
        let mut child = command.kill_on_drop(true).spawn().map_err(|error| {
            let words = format!("`{}` cannot be run: {error}", program.display());
            io::Error::new(error.kind(), words)
        })?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(io::Error::other("ssh has no pipes"));
        };
        let words = tokio::spawn(listen(stderr));
        Ok(Self { stdin, stdout, end: Box::pin(end(child, words)), state: SshState::Flowing })
    }
}

/// Returns ssh's arguments. Host keys are checked, but never added or changed, and ssh asks no
/// questions.
fn arguments(destination: Destination<'_>, limit: Duration) -> Vec<OsString> {
    let seconds = limit.as_secs().max(1);
    let mut arguments: Vec<OsString> = vec!["-T".into()];
    for option in [
        format!("ConnectTimeout={seconds}"),
        "BatchMode=yes".to_owned(),
        "StrictHostKeyChecking=yes".to_owned(),
        // Otherwise ssh would add further keys of a known host.
        "UpdateHostKeys=no".to_owned(),
    ] {
        arguments.extend(["-o".into(), option.into()]);
    }
    if let Some(user) = destination.user {
        arguments.extend(["-l".into(), user.into()]);
    }
    if let Some(port) = destination.port {
        arguments.extend(["-p".into(), port.to_string().into()]);
    }
    arguments.extend(["--", destination.host, "docker"].map(Into::into));
    if let Some(socket) = destination.socket {
        // A shell on the host parses this. Addresses with special characters have been refused.
        arguments.extend(["--host".into(), format!("unix://{socket}").into()]);
    }
    arguments.extend(["system", "dial-stdio"].map(Into::into));
    arguments
}

/// Reads ssh's standard error to its end, and returns its beginning.
async fn listen(mut stderr: ChildStderr) -> String {
    let mut words = Vec::new();
    let mut piece = [0; 1024];
    while let Ok(count @ 1..) = stderr.read(&mut piece).await {
        let kept = count.min(WORDS_LIMIT.saturating_sub(words.len()));
        words.extend_from_slice(&piece[..kept]);
    }
    in_one_line(&String::from_utf8_lossy(&words))
}

/// Joins the lines of a message, without the frame of `@` that ssh draws around serious warnings.
fn in_one_line(said: &str) -> String {
    let is_frame = |c: char| c == '@' || c.is_whitespace();
    let lines = said.lines().map(|line| line.trim_matches(is_frame));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Waits for the exit of an ssh that sends no more, and returns an error if it failed.
async fn end(mut child: Child, words: JoinHandle<String>) -> io::Result<()> {
    let Ok(status) = tokio::time::timeout(LAST_WORDS, child.wait()).await else { return Ok(()) };
    let status = status?;
    if status.success() {
        return Ok(());
    }
    // If ssh leaves a shared connection in the background, that process can hold standard error
    // open.
    let words = match tokio::time::timeout(LAST_WORDS, words).await {
        Ok(Ok(words)) if !words.is_empty() => words,
        _ => "no message".to_owned(),
    };
    Err(io::Error::other(SshEnded { status, words }))
}

impl AsyncRead for SshStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let SshState::Flowing = self.state {
            let before = buf.filled().len();
            ready!(Pin::new(&mut self.stdout).poll_read(cx, buf))?;
            if buf.filled().len() > before || buf.remaining() == 0 {
                return Poll::Ready(Ok(()));
            }
            self.state = SshState::Ending;
        }
        if let SshState::Ending = self.state {
            let end = ready!(self.end.as_mut().poll(cx));
            self.state = SshState::Ended;
            end?;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for SshStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stdin).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stdin).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stdin.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stdin).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stdin).poll_shutdown(cx)
    }
}
