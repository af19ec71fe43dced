//! Which of an engine's builders does a build.

use std::fmt;
use std::str::FromStr;

/// Which of an engine's builders runs a build.
///
/// The result of a build never depends on whether this crate's feature `buildkit` is on: without
/// it, a build that needs BuildKit fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Builder {
    /// The builder that the engine announces, or the classic one if the request sets a limit that
    /// BuildKit ignores.
    Auto,
    /// The builder that runs one step at a time. It is the only one that Podman has.
    #[default]
    Classic,
    /// BuildKit: here-documents, cache mounts, stages that run in parallel, and only the changed
    /// parts of the context are sent again.
    BuildKit,
}

impl Builder {
    /// All builders.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Classic, Self::BuildKit];

    /// Returns the name, as it is written on a command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Classic => "classic",
            Self::BuildKit => "buildkit",
        }
    }
}

/// A text is not the name of a [`Builder`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a builder; expected auto, classic or buildkit")]
pub struct ParseBuilderError(String);

impl ParseBuilderError {
    /// Returns the text.
    pub fn input(&self) -> &str {
        &self.0
    }
}

impl serde::Serialize for Builder {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Builder {
    type Err = ParseBuilderError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|builder| builder.name() == text);
        found.ok_or_else(|| ParseBuilderError(text.to_owned()))
    }
}
