//! The builder that runs a build.

use std::fmt;
use std::str::FromStr;

/// The builder of an engine that runs a build.
///
/// The result of a build never depends on whether this crate's feature `buildkit` is enabled:
/// without it, a build that needs BuildKit fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Builder {
    /// The builder that the engine prefers, or the classic one if the request sets a limit that
    /// BuildKit ignores.
    Auto,
    /// The builder that runs one step at a time. Podman has only this one.
    #[default]
    Classic,
    /// BuildKit: it supports here-documents and cache mounts, runs stages in parallel, and requests
    /// only the changed files of the context.
    BuildKit,
}

impl Builder {
    /// All builders.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Classic, Self::BuildKit];

    /// Returns the name of the builder in options and configuration: `auto`, `classic` or
    /// `buildkit`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Classic => "classic",
            Self::BuildKit => "buildkit",
        }
    }
}

/// An error for a text that is not the name of a [`Builder`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a builder; expected auto, classic or buildkit")]
pub struct ParseBuilderError(String);

impl ParseBuilderError {
    /// Returns the text that is not a builder.
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
