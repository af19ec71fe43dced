//! Lines about the progress of a build, as `docker build --progress=plain` prints them.

use std::time::Duration;

use sealift_workflow::docker::{BuildEvent, LeftOut, StepEnd};

use crate::format;
use crate::program_line::coloured;

/// Returns the line for an event; `None` if nothing is printed for it.
pub(crate) fn line(event: &BuildEvent) -> Option<String> {
    let line = match event {
        BuildEvent::Step { number, total, text } => format!("step {number}/{total}  {text}"),
        BuildEvent::Log(text) => text.clone(),
        BuildEvent::Warning(text) => format!("warning: {text}"),
        BuildEvent::LeftOut { path, reason } => {
            let what = match reason {
                LeftOut::Excluded => "it is in the folder of archives".to_owned(),
                reason => format!("it is {}", reason.name()),
            };
            format!("warning: {} is not part of the build context: {what}", path.display())
        }
        BuildEvent::Sent { bytes } => format!("sent the build context  {}", format::size(*bytes)),
        BuildEvent::Started { step, name } => format!("#{step} {name}"),
        BuildEvent::Output { step, after: None, line } => format!("#{step} {line}"),
        BuildEvent::Output { step, after: Some(after), line } => {
            format!("#{step} {} {line}", seconds(*after, 3))
        }
        BuildEvent::Part { step, what, bytes: 0 } => format!("#{step} {what} done"),
        BuildEvent::Part { step, what, bytes } => {
            format!("#{step} {what} {} done", format::size(*bytes))
        }
        BuildEvent::Ended { step, end } => match end {
            StepEnd::Done(took) => format!("#{step} DONE {}s", seconds(*took, 1)),
            StepEnd::Cached => format!("#{step} CACHED"),
            StepEnd::Failed(words) => format!("#{step} ERROR {words}"),
            _ => return None,
        },
        _ => return None,
    };
    Some(coloured(line.trim_end()))
}

fn seconds(time: Duration, digits: usize) -> String {
    format!("{:.digits$}", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_states_why_a_file_is_not_sent() {
        let left_out =
            |path: &str, reason| line(&BuildEvent::LeftOut { path: path.into(), reason }).unwrap();
        assert_eq!(
            left_out("artifacts", LeftOut::Excluded),
            "warning: artifacts is not part of the build context: it is in the folder of archives"
        );
        assert_eq!(
            left_out("a\nb", LeftOut::Socket),
            "warning: a\\nb is not part of the build context: it is a socket"
        );
    }
}
