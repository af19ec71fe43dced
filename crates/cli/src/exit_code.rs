//! The exit codes, which scripts rely on.

use sealift_workflow::ErrorKind;

/// A documented exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ExitCode(u8);

impl ExitCode {
    pub(crate) const DONE: Self = Self(0);
    pub(crate) const FAILED: Self = Self(1);
    pub(crate) const USAGE: Self = Self(2);
    pub(crate) const NOT_FOUND: Self = Self(3);
    pub(crate) const UNSUPPORTED_FORMAT: Self = Self(4);
    pub(crate) const DAMAGED: Self = Self(5);
    pub(crate) const UNREACHABLE: Self = Self(6);
    pub(crate) const LOCKED: Self = Self(7);
    pub(crate) const INTERRUPTED: Self = Self(130);

    /// Returns the exit code for a kind of error.
    pub(crate) fn of(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Usage => Self::USAGE,
            ErrorKind::NotFound => Self::NOT_FOUND,
            ErrorKind::UnsupportedFormat => Self::UNSUPPORTED_FORMAT,
            ErrorKind::Damaged => Self::DAMAGED,
            ErrorKind::Unreachable => Self::UNREACHABLE,
            ErrorKind::Locked => Self::LOCKED,
            ErrorKind::Interrupted => Self::INTERRUPTED,
            _ => Self::FAILED,
        }
    }

    /// Returns the code as a number.
    pub(crate) fn number(self) -> i32 {
        self.0.into()
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        code.0.into()
    }
}
