//! strace around the command: it ends or fails a process at its n-th system call, and lists its
//! calls.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The calls by which a folder is changed, and how many of each a thread makes at most. In the
/// names of any architecture: `?` lets those pass that this one doesn't have.
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

/// strace, where it is there and may trace.
pub(crate) struct Tracer(PathBuf);

impl Tracer {
    /// Finds it. If there is none, the test logs it, and in CI that is a failure.
    pub(crate) fn find() -> Option<Self> {
        let program = sealift_testing::program("strace")?;
        let traced = Command::new(&program).args(["-o", "/dev/null", "true"]).output().unwrap();
        if !traced.status.success() {
            assert!(std::env::var_os("CI").is_none(), "CI may trace: {traced:?}");
            eprintln!("no process may be traced here, so this wasn't tested: {traced:?}");
            return None;
        }
        Some(Self(program))
    }

    /// Does something to these system calls of a command, in strace's own words:
    /// `error=EIO:when=2`. It counts them thread by thread.
    pub(crate) fn injecting(&self, calls: &str, what: &str) -> Command {
        let mut command = self.command(Path::new("/dev/null"));
        command.args(["-e", &format!("trace={calls}"), "-e", &format!("inject={calls}:{what}")]);
        command
    }

    /// Writes down these calls, with the files that they are about.
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
