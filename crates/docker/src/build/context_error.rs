//! Why a folder can't be the context of a build.

use std::io;
use std::path::PathBuf;

use sealift_dockerignore::PatternError;

/// Why a folder can't be sent as the context of a build.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContextError {
    /// Something in it can't be read.
    #[error("cannot read {} for the build", path.display())]
    Read {
        /// What can't be read.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// The context is not a folder.
    #[error("{} is not a folder, so nothing can be built from it", path.display())]
    NotAFolder {
        /// The path that was to be the context.
        path: PathBuf,
    },
    /// There is no Dockerfile.
    #[error("there is no {} in {}", looked_for.join(" or "), path.display())]
    NoDockerfile {
        /// The names that were looked for, relative to the context.
        looked_for: Vec<String>,
        /// The context.
        path: PathBuf,
    },
    /// A name or a link's target is not UTF-8, which BuildKit requires.
    #[error("{} cannot be sent to BuildKit: its name or its link target is not UTF-8", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
    },
    /// A line of the ignore file is not a pattern.
    #[error("line {line} of {} is not a pattern: `{pattern}`", path.display())]
    Pattern {
        /// The ignore file.
        path: PathBuf,
        /// The number of the line, from 1.
        line: usize,
        /// The pattern, without a leading slash and the like.
        pattern: String,
        /// What is wrong with it.
        source: PatternError,
    },
    /// The ignore file is larger than any that a person writes.
    #[error("{} has more than {limit}, which is the limit", path.display())]
    IgnoreFileTooLarge {
        /// The ignore file.
        path: PathBuf,
        /// The limit, with its unit.
        limit: &'static str,
    },
    /// The ignore file is a socket, a pipe or a device.
    #[error("{} is {what}, not a file", path.display())]
    Special {
        /// What it is, with its article.
        what: &'static str,
        /// Where it is.
        path: PathBuf,
    },
    /// A file became longer or shorter while it was read.
    #[error("{} changed while it was sent", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
}
