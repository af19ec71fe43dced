//! The errors of a folder that cannot be the context of a build.

use std::io;
use std::path::PathBuf;

use sealift_dockerignore::PatternError;

/// The reason why a folder cannot be sent as the context of a build.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContextError {
    /// Something in the context cannot be read.
    #[error("cannot read {} for the build", path.display())]
    Read {
        /// The path that cannot be read.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// The context is not a folder.
    #[error("the build context {} is not a folder", path.display())]
    NotAFolder {
        /// The path of the context.
        path: PathBuf,
    },
    /// There is no Dockerfile.
    #[error("there is no {} in {}", looked_for.join(" or "), path.display())]
    NoDockerfile {
        /// The names that were tried, relative to the context.
        looked_for: Vec<String>,
        /// The path of the context.
        path: PathBuf,
    },
    /// A name or the target of a link is not UTF-8, which BuildKit requires.
    #[error("{} cannot be sent to BuildKit: its name or its link target is not UTF-8", path.display())]
    NotUtf8 {
        /// The path of the file.
        path: PathBuf,
    },
    /// A line of the ignore file is not a pattern.
    #[error("line {line} of {} is not a pattern: `{pattern}`", path.display())]
    Pattern {
        /// The path of the ignore file.
        path: PathBuf,
        /// The number of the line, from 1.
        line: usize,
        /// The pattern, without white space and a leading slash.
        pattern: String,
        /// The reason why it is not a pattern.
        source: PatternError,
    },
    /// The ignore file exceeds the limit of its size or of its number of lines.
    #[error("{} is larger than the limit of {limit}", path.display())]
    IgnoreFileTooLarge {
        /// The path of the ignore file.
        path: PathBuf,
        /// The limit, with its unit.
        limit: &'static str,
    },
    /// The ignore file is a socket, a pipe or a device.
    #[error("{} is {what}, not a file", path.display())]
    Special {
        /// The type of the file, with its article: `a socket`.
        what: &'static str,
        /// The path of the ignore file.
        path: PathBuf,
    },
    /// A file became longer or shorter while it was read.
    #[error("{} changed while it was sent", path.display())]
    Changed {
        /// The path of the file.
        path: PathBuf,
    },
}
