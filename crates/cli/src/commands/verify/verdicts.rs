//! What verdicts are called, and which exit code they have.

use sealift_workflow::Verdict;

use crate::exit_code::ExitCode;
use crate::format;

/// A predicate for one kind of verdict.
pub(super) type Kind = fn(&Verdict) -> bool;

/// Returns the exit code of verdicts, of which `has` tells whether there is one of a kind.
pub(super) fn code_of(has: impl Fn(Kind) -> bool) -> ExitCode {
    match (has(Verdict::is_bad), has(is_unreadable), has(is_unsupported)) {
        (true, ..) => ExitCode::DAMAGED,
        (false, true, _) => ExitCode::FAILED,
        (false, false, true) => ExitCode::UNSUPPORTED_FORMAT,
        (false, false, false) if has(is_untrusted) => ExitCode::FAILED,
        (false, false, false) => ExitCode::DONE,
    }
}

/// Returns what was found out about an archive of this size.
pub(super) fn phrase(verdict: &Verdict, size: u64) -> String {
    match verdict {
        Verdict::Whole => format!("whole  {}", format::size(size)),
        Verdict::NoImage { reason } => format!("no image  {reason}"),
        Verdict::Damaged { reason } => format!("damaged  {reason}"),
        Verdict::Unsupported { reason } => format!("unsupported  {reason}"),
        Verdict::MisnamedMember { member, expected } => {
            format!("misnamed  the file in the zip is named {member}, not {expected}")
        }
        Verdict::Misnamed { actual_id } => {
            format!("misnamed  the image in it is {actual_id}")
        }
        Verdict::Untrusted { reason } => format!("untrusted  {reason}"),
        Verdict::Unreadable { reason } => format!("unreadable  {reason}"),
        Verdict::Missing => "missing".to_owned(),
        _ => "unknown".to_owned(),
    }
}

pub(super) fn is_unreadable(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Unreadable { .. })
}

pub(super) fn is_untrusted(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Untrusted { .. })
}

pub(super) fn is_unsupported(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Unsupported { .. })
}
