//! The texts and exit codes of verdicts.

use sealift_workflow::Verdict;

use crate::exit_code::ExitCode;
use crate::format;
use crate::line::Line;

/// A predicate for one kind of verdict.
type Kind = fn(&Verdict) -> bool;

/// Returns the exit code for verdicts. `has` returns `true` if there is a verdict of a kind.
pub(super) fn code_of(has: impl Fn(Kind) -> bool) -> ExitCode {
    match (has(Verdict::is_bad), has(is_unreadable), has(is_unsupported)) {
        (true, ..) => ExitCode::DAMAGED,
        (false, true, _) => ExitCode::FAILED,
        (false, false, true) => ExitCode::UNSUPPORTED_FORMAT,
        (false, false, false) if has(is_untrusted) => ExitCode::FAILED,
        (false, false, false) => ExitCode::DONE,
    }
}

/// Adds the verdict on an archive with this size to a line.
pub(super) fn with_verdict(line: Line, verdict: &Verdict, size: u64) -> Line {
    match verdict {
        Verdict::Whole => line.fixed("whole").fixed(format::size(size)),
        Verdict::NoImage { reason } => line.fixed("no image").reason(reason),
        Verdict::Damaged { reason } => line.fixed("damaged").reason(reason),
        Verdict::Unsupported { reason } => line.fixed("unsupported").reason(reason),
        Verdict::MisnamedMember { member, expected } => {
            let reason = format!("the file in the zip is named {member}, not {expected}");
            line.fixed("misnamed").reason(reason)
        }
        Verdict::Misnamed { actual_id } => {
            line.fixed("misnamed").reason(format!("the image in it is {actual_id}"))
        }
        Verdict::Untrusted { reason } => line.fixed("untrusted").reason(reason),
        Verdict::Unreadable { reason } => line.fixed("unreadable").reason(reason),
        Verdict::Missing => line.fixed("missing"),
        _ => line.fixed("unknown"),
    }
}

/// Returns how many verdicts there are of each kind, such as `2 whole, 1 damaged`.
pub(super) fn counts<'a>(verdicts: impl Iterator<Item = &'a Verdict> + Clone) -> String {
    let count = |is: Kind| verdicts.clone().filter(|verdict| is(verdict)).count();
    let mut parts = vec![format!("{} whole", count(|verdict| *verdict == Verdict::Whole))];
    let others: [(Kind, _); 7] = [
        (Verdict::is_damaged, "damaged"),
        (|verdict| *verdict == Verdict::Missing, "missing"),
        (Verdict::is_misnamed, "misnamed"),
        (is_unsupported, "unsupported"),
        (is_unreadable, "unreadable"),
        (is_untrusted, "untrusted"),
        (|verdict| matches!(verdict, Verdict::NoImage { .. }), "no image"),
    ];
    for (is, name) in others {
        match count(is) {
            0 => {}
            count => parts.push(format!("{count} {name}")),
        }
    }
    parts.join(", ")
}

pub(super) fn is_interrupted(verdict: &Verdict) -> bool {
    *verdict == Verdict::Interrupted
}

fn is_unreadable(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Unreadable { .. })
}

fn is_untrusted(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Untrusted { .. })
}

fn is_unsupported(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Unsupported { .. })
}
