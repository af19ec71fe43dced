//! strace around the command: it ends a process or fails a call at the n-th system call, or lists
//! the calls.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The calls that change a folder, each with the maximum number of calls by one thread. With `?`,
/// names that an architecture does not have are ignored.
pub(crate) const CHANGES: [(&str, usize); 9] = [
    (RENAME, 2),
    ("fsync", 6),
    ("?mkdir,mkdirat", 3),
    ("flock", 4),
    ("fchmod", 1),
    ("ftruncate", 2),
    (UNLINK, 3),
    ("openat", 60),
    (WRITE, 25),
];

pub(crate) const RENAME: &str = "?rename,renameat,?renameat2";
pub(crate) const UNLINK: &str = "?unlink,unlinkat";
pub(crate) const WRITE: &str = "write,pwrite64";

/// An strace that is permitted to trace.
pub(crate) struct Tracer(PathBuf);

impl Tracer {
    /// Returns strace, or `None` if it is missing. The test logs that, and fails in CI.
    pub(crate) fn find() -> Option<Self> {
        let program = sealift_testing::program("strace")?;
        let traced = Command::new(&program).args(["-o", "/dev/null", "true"]).output().unwrap();
        if !traced.status.success() {
            assert!(std::env::var_os("CI").is_none(), "CI may trace: {traced:?}");
            eprintln!("this was not tested, because no process can be traced: {traced:?}");
            return None;
        }
        Some(Self(program))
    }

    /// Creates a call under strace that injects a fault into these system calls, in the syntax of
    /// strace: `error=EIO:when=2`. It counts the calls of each thread.
    pub(crate) fn injecting(&self, calls: &str, what: &str) -> Command {
        let mut command = self.command(Path::new("/dev/null"));
        command.args(["-e", &format!("trace={calls}"), "-e", &format!("inject={calls}:{what}")]);
        command
    }

    /// Creates a call under strace that writes these system calls and their files to a file.
    pub(crate) fn writing(&self, calls: &str, to: &Path) -> Command {
        let mut command = self.command(to);
        command.args(["--seccomp-bpf", "-y", "-s", "0", "-e", &format!("trace={calls}")]);
        command
    }

    fn command(&self, output: &Path) -> Command {
        let mut command = Command::new(&self.0);
        command.args(["-f", "-qq", "-o"]).arg(output);
        command
    }
}
