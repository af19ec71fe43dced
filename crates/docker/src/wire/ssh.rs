//! An engine on another machine, through that machine's `docker` and this machine's `ssh`.

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

/// How much of ssh's standard error is kept, in bytes.
const WORDS_LIMIT: usize = 16 * 1024;

/// How long ssh may take to end once it has sent everything, and to print its last message.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Where ssh goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Destination<'a> {
    pub(crate) user: Option<&'a str>,
    pub(crate) host: &'a str,
    pub(crate) port: Option<u16>,
    /// The engine's socket there, where `docker` isn't to choose it.
    pub(crate) socket: Option<&'a str>,
}

/// A running ssh, whose input and output are the connection. Dropping it ends ssh.
pub(crate) struct SshStream {
    stdin: ChildStdin,
    stdout: ChildStdout,
    /// What comes after the last byte.
    end: Pin<Box<dyn Future<Output = io::Result<()>> + Send>>,
    state: SshState,
}

enum SshState {
    Flowing,
    Ending,
    Ended,
}

/// How an ssh ended that failed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("ssh failed with {status}: {words}")]
pub(crate) struct SshEnded {
    pub(crate) status: ExitStatus,
    /// What it printed, in one line.
    pub(crate) words: String,
}

impl SshStream {
    /// Starts ssh; whether it gets there is known when it is read from.
    pub(crate) fn connect(
        program: &Path,
        destination: Destination<'_>,
        limit: Duration,
    ) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.args(arguments(destination, limit));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Out of the terminal's reach: an interrupt there is for whoever decides what is to end,
        // and would otherwise look like a host that can't be reached.
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

/// Returns ssh's arguments. Known hosts are checked, never added and never changed, and ssh asks no
/// questions.
fn arguments(destination: Destination<'_>, limit: Duration) -> Vec<OsString> {
    let seconds = limit.as_secs().max(1);
    let mut arguments: Vec<OsString> = vec!["-T".into()];
    for option in [
        format!("ConnectTimeout={seconds}"),
        "BatchMode=yes".to_owned(),
        "StrictHostKeyChecking=yes".to_owned(),
        // Else ssh would learn the other keys of a host that it knows.
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
        // A shell gets this; what it would take for its own is in no address.
        arguments.extend(["--host".into(), format!("unix://{socket}").into()]);
    }
    arguments.extend(["system", "dial-stdio"].map(Into::into));
    arguments
}

/// Reads ssh's standard error to its end, and returns the beginning of it.
async fn listen(mut stderr: ChildStderr) -> String {
    let mut words = Vec::new();
    let mut piece = [0; 1024];
    while let Ok(count @ 1..) = stderr.read(&mut piece).await {
        let kept = count.min(WORDS_LIMIT.saturating_sub(words.len()));
        words.extend_from_slice(&piece[..kept]);
    }
    in_one_line(&String::from_utf8_lossy(&words))
}

/// Joins the lines of a message, without the frame of `@` that ssh puts around its loudest warning.
fn in_one_line(said: &str) -> String {
    let is_frame = |c: char| c == '@' || c.is_whitespace();
    let lines = said.lines().map(|line| line.trim_matches(is_frame));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Waits for the end of an ssh that sends no more, and returns an error if it failed.
async fn end(mut child: Child, words: JoinHandle<String>) -> io::Result<()> {
    let Ok(status) = tokio::time::timeout(LAST_WORDS, child.wait()).await else { return Ok(()) };
    let status = status?;
    if status.success() {
        return Ok(());
    }
    // A shared connection that ssh leaves behind may hold its standard error open.
    let words = match tokio::time::timeout(LAST_WORDS, words).await {
        Ok(Ok(words)) if !words.is_empty() => words,
        _ => "nothing".to_owned(),
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
