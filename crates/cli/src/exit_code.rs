//! The exit codes, which are part of the interface.

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
    /// Not a failure; only with `fetch --exit-code`.
    #[cfg(feature = "remote")]
    pub(crate) const NOTHING_NEW: Self = Self(8);
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

    /// Returns the exit code for several failures: the one that a retry is least likely to fix. It
    /// does not depend on the order of the failures.
    pub(crate) fn worst(codes: impl IntoIterator<Item = Self>) -> Self {
        const WORST_FIRST: [ExitCode; 8] = [
            ExitCode::INTERRUPTED,
            ExitCode::DAMAGED,
            ExitCode::UNSUPPORTED_FORMAT,
            ExitCode::NOT_FOUND,
            ExitCode::USAGE,
            ExitCode::FAILED,
            ExitCode::LOCKED,
            ExitCode::UNREACHABLE,
        ];
        let rank = |code: &Self| WORST_FIRST.iter().position(|other| other == code);
        codes.into_iter().min_by_key(rank).unwrap_or(Self::DONE)
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

#[cfg(test)]
mod tests {
    use super::ExitCode;

    #[test]
    fn the_worst_of_several_codes_does_not_depend_on_their_order() {
        let worst = |codes: &[ExitCode]| {
            let forwards = ExitCode::worst(codes.iter().copied());
            assert_eq!(forwards, ExitCode::worst(codes.iter().rev().copied()));
            forwards
        };
        assert_eq!(worst(&[]), ExitCode::DONE);
        assert_eq!(worst(&[ExitCode::UNREACHABLE, ExitCode::DAMAGED]), ExitCode::DAMAGED);
        assert_eq!(worst(&[ExitCode::UNREACHABLE, ExitCode::FAILED]), ExitCode::FAILED);
        assert_eq!(worst(&[ExitCode::DAMAGED, ExitCode::INTERRUPTED]), ExitCode::INTERRUPTED);
    }
}
