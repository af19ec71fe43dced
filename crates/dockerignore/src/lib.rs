//! Matches paths against `.dockerignore` files exactly as Docker does.
//!
//! The crate reproduces [moby/patternmatcher], including its unexpected parts:
//!
//! - An ignore file is parsed like the package `ignorefile` parses it: `#` starts a comment only at
//!   the start of a line, and patterns are trimmed and cleaned.
//! - A path is matched like the docker CLI matches it while it walks a folder: the last pattern
//!   that matches the path or one of its folders decides.
//! - A pattern is converted to a regular expression of Go, so character classes and repetitions
//!   have the meaning that they have in Go.
//!
//! ```
//! use std::path::Path;
//!
//! use sealift_dockerignore::IgnoreFile;
//!
//! let ignore = IgnoreFile::parse(b"*\n!src\nsrc/*.tmp\n")?;
//! assert!(ignore.is_ignored(Path::new("README.md")));
//! assert!(!ignore.is_ignored(Path::new("src/main.rs")));
//! assert!(ignore.is_ignored(Path::new("src/main.tmp")));
//!
//! let error = IgnoreFile::parse(b"src\n[a-\n").unwrap_err();
//! assert_eq!(error.line(), 2);
//! assert_eq!(error.to_string(), "line 2 is not a pattern: `[a-`: a `[` has no `]`");
//! # Ok::<(), sealift_dockerignore::ParseError>(())
//! ```
//!
//! A program that walks a folder calls [`IgnoreFile::check`] for each entry, with the
//! [`FolderMatches`] of the folder that contains it. It skips an ignored folder unless
//! [`IgnoreFile::may_reinclude_below`] returns `true`.
//!
//! [moby/patternmatcher]: https://github.com/moby/patternmatcher

#[cfg(not(unix))]
compile_error!("sealift-dockerignore supports Unix only: it matches the bytes of a path");

mod clean;
mod go_regex;
mod ignore_file;
#[cfg(test)]
mod laws;
mod lines;
mod parse_error;
mod pattern;
mod pattern_error;
mod syntax;
#[cfg(test)]
mod tests;

pub use ignore_file::{FolderMatches, IgnoreFile};
pub use parse_error::ParseError;
pub use pattern_error::PatternError;

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
struct Readme;
