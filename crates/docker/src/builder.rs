//! Which of an engine's builders does a build.

use std::fmt;
use std::str::FromStr;

/// Which of an engine's builders does a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Builder {
    /// The one that the engine announces; the classic one where the request asks for what only that can do, or
    /// where this crate was built without its feature `buildkit`.
    #[default]
    Auto,
    /// The one that runs a step at a time. Podman has no other.
    Classic,
    /// BuildKit: heredocs, cache mounts, stages side by side; only what changed of the context is sent again.
    BuildKit,
}

impl Builder {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Classic, Self::BuildKit];

    /// Gives its name, as it is written on a command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Classic => "classic",
            Self::BuildKit => "buildkit",
        }
    }
}

impl fmt::Display for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Builder {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|builder| builder.name() == text);
        found.ok_or_else(|| "it is none of auto, classic and buildkit".to_owned())
    }
}
