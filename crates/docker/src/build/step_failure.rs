//! A step of a build that failed.

use std::error::Error as StdError;
use std::fmt;

/// A step of a build that failed.
///
/// Its `Display` is one line, without the output.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct StepFailure {
    /// The number of the step, from 1. It is 0 if the build failed before its first step, or if
    /// steps have no numbers.
    pub number: u32,
    /// The number of steps.
    pub total: u32,
    /// The instruction.
    pub text: String,
    /// The exit code, if a command failed and the engine reports its code.
    pub exit_code: Option<i64>,
    /// The engine's message.
    pub message: String,
    /// The last lines of the step's output.
    pub output: Vec<String>,
}

impl StdError for StepFailure {}

impl fmt::Display for StepFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.number > 0 {
            write!(f, "step {}/{} `{}` failed", self.number, self.total, self.text)?;
        } else if !self.text.is_empty() {
            write!(f, "the step `{}` failed", self.text)?;
        } else {
            f.write_str("the build failed before its first step")?;
        }
        if let Some(code) = self.exit_code {
            write!(f, " with exit code {code}")?;
        }
        write!(f, "; the engine reported: {}", self.message)
    }
}
