//! The events of a build.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Serialize, Serializer};

/// An event of a build.
///
/// As JSON it is an object with one field, which has the name of the variant: `{"log": "..."}`,
/// `{"step": {"number": 1, "total": 3, "text": "FROM scratch"}}`. Durations are in seconds.
///
/// ```
/// use sealift_docker::BuildEvent;
///
/// let event = BuildEvent::Sent { bytes: 1024 };
/// assert_eq!(serde_json::to_string(&event)?, r#"{"sent":{"bytes":1024}}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BuildEvent {
    /// A step of the classic builder begins.
    Step {
        /// The number of the step, from 1.
        number: u32,
        /// The number of steps.
        total: u32,
        /// The instruction.
        text: String,
    },
    /// A line that the engine or a command in the build wrote.
    Log(String),
    /// A warning for the person who builds.
    Warning(String),
    /// Something in the context is not sent, although the ignore file does not match it.
    LeftOut {
        /// The path, relative to the context.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// The reason why it is not sent.
        reason: LeftOut,
    },
    /// The context is being sent to the classic builder.
    Sending {
        /// The number of bytes that have been sent so far.
        bytes: u64,
    },
    /// The complete context was sent to the classic builder.
    Sent {
        /// The number of bytes that were sent.
        bytes: u64,
    },
    /// A step of BuildKit begins. Steps run at the same time, so all events of a step contain its
    /// number.
    Started {
        /// The number of the step, from 1 in the order in which steps begin.
        step: usize,
        /// The name of the step: `[2/3] RUN make`.
        name: String,
    },
    /// A step of BuildKit, or a command in it, wrote a line.
    Output {
        /// The number of the step.
        step: usize,
        /// The time since the beginning of the step, if it is known.
        #[serde(rename = "after_seconds", serialize_with = "optional_seconds")]
        after: Option<Duration>,
        /// The line.
        line: String,
    },
    /// A step of BuildKit is working on one of its parts.
    Doing {
        /// The number of the step.
        step: usize,
        /// The part: `transferring context:`.
        what: String,
        /// The number of bytes that are done so far.
        bytes: u64,
        /// The total number of bytes, if it is known.
        total: Option<u64>,
    },
    /// A step of BuildKit has finished one of its parts: it has sent the context or pulled a layer.
    Part {
        /// The number of the step.
        step: usize,
        /// The part: `transferring context:`.
        what: String,
        /// The number of bytes of the part; 0 if it has no size.
        bytes: u64,
    },
    /// A step of BuildKit has ended.
    Ended {
        /// The number of the step.
        step: usize,
        /// The result of the step.
        end: StepEnd,
    },
    /// A base image is being pulled.
    Pull {
        /// The layer or the reference.
        id: String,
        /// The status of the pull, in the engine's words.
        status: String,
    },
}

/// The reason why something in a context is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LeftOut {
    /// A socket.
    Socket,
    /// A pipe.
    Pipe,
    /// A device.
    Device,
    /// A path that the request excludes.
    Excluded,
}

impl LeftOut {
    /// Returns the reason as a phrase, for a type of file with its article: `a socket`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Socket => "a socket",
            Self::Pipe => "a pipe",
            Self::Device => "a device",
            Self::Excluded => "excluded by the request",
        }
    }
}

/// The result of a step of BuildKit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StepEnd {
    /// The step succeeded and took this long.
    Done(#[serde(serialize_with = "seconds")] Duration),
    /// The result of the step was in the cache.
    Cached,
    /// The step failed, or was cancelled because another step failed. The text is BuildKit's
    /// message.
    Failed(String),
}

fn lossy<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

fn optional_seconds<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    duration.map(|duration| duration.as_secs_f64()).serialize(serializer)
}

impl BuildEvent {
    /// Parses a line of the engine's output: `Step 1/4 : FROM scratch`, Podman's `STEP 1/4: FROM
    /// scratch`, or anything else.
    pub(crate) fn of_line(line: &str) -> Self {
        if let Some(warning) = line.strip_prefix("[Warning] ") {
            return Self::Warning(warning.to_owned());
        }
        step(line).unwrap_or_else(|| Self::Log(line.to_owned()))
    }
}

fn step(line: &str) -> Option<BuildEvent> {
    // If there are several stages, Podman writes the stage before the step:
    // `[1/2] STEP 1/4: FROM scratch`.
    let line = match line.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
        Some((_stage, line)) if line.starts_with("STEP ") => line,
        _ => line,
    };
    let rest = line.strip_prefix("Step ").or_else(|| line.strip_prefix("STEP "))?;
    let (count, text) = rest.split_once(':')?;
    let (number, total) = count.trim().split_once('/')?;
    let (number, total) = (number.parse().ok()?, total.parse().ok()?);
    Some(BuildEvent::Step { number, total, text: text.trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{BuildEvent, LeftOut, StepEnd};

    #[test]
    fn events_are_json() {
        let json = |event: &BuildEvent| serde_json::to_string(event).unwrap();
        let left_out = BuildEvent::LeftOut { path: "a/b".into(), reason: LeftOut::Socket };
        assert_eq!(json(&left_out), r#"{"left_out":{"path":"a/b","reason":"socket"}}"#);
        let after = Some(Duration::from_millis(1500));
        let output = BuildEvent::Output { step: 1, after, line: "x".to_owned() };
        let expected = r#"{"output":{"step":1,"after_seconds":1.5,"line":"x"}}"#;
        assert_eq!(json(&output), expected);
        let end = StepEnd::Done(Duration::from_secs(2));
        let expected = r#"{"ended":{"step":1,"end":{"done":2.0}}}"#;
        assert_eq!(json(&BuildEvent::Ended { step: 1, end }), expected);
        assert_eq!(json(&BuildEvent::Log("x".to_owned())), r#"{"log":"x"}"#);
    }

    #[test]
    fn steps_are_distinguished_from_other_lines() {
        let step =
            |number, total, text: &str| BuildEvent::Step { number, total, text: text.to_owned() };
        assert_eq!(BuildEvent::of_line("Step 1/4 : FROM scratch"), step(1, 4, "FROM scratch"));
        assert_eq!(BuildEvent::of_line("STEP 12/12: RUN a:b"), step(12, 12, "RUN a:b"));
        assert_eq!(BuildEvent::of_line("[1/2] STEP 3/4: RUN a"), step(3, 4, "RUN a"));
        let warning = BuildEvent::Warning("one is unused".to_owned());
        assert_eq!(BuildEvent::of_line("[Warning] one is unused"), warning);
        for line in ["Step x/y : z", "Steps 1/2 : a", "[1/2] a", " ---> 0123", ""] {
            assert_eq!(BuildEvent::of_line(line), BuildEvent::Log(line.to_owned()));
        }
    }
}
