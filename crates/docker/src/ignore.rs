//! What a build leaves out of its context: an ignore file, taken as Docker takes it.
//!
//! A file is read as `ignorefile` of Docker's patternmatcher reads it, and a folder that is walked is matched
//! as the classic builder of the docker CLI does. What looks odd here is odd there.

mod clean;
mod go_regex;
mod lines;
mod pattern;
mod pattern_error;
mod syntax;

pub use pattern_error::PatternError;

use std::path::Path;

use lines::Line;
use pattern::{Name, Pattern};

/// The patterns of an ignore file, in their order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ignore {
    patterns: Vec<Pattern>,
}

/// A line that is no pattern.
#[derive(Debug)]
pub(crate) struct BadLine {
    /// Its number, from 1.
    pub(crate) line: usize,
    /// What it says.
    pub(crate) pattern: String,
    pub(crate) error: PatternError,
}

/// Which patterns match a folder, and so all that is in it; of the context itself none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Matches(Vec<bool>);

impl Ignore {
    /// Reads an ignore file.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, BadLine> {
        let mut patterns = Vec::new();
        for Line { number, pattern } in lines::read(text) {
            let parsed = Pattern::parse(&pattern).map_err(|error| BadLine {
                line: number,
                pattern: shown(&pattern),
                error,
            })?;
            patterns.extend(parsed);
        }
        Ok(Self { patterns })
    }

    /// Tells whether a path is left out, given which patterns match the folder that it is in.
    ///
    /// The last pattern that matches decides. A pattern that couldn't change what is known so far isn't
    /// looked at, and so doesn't count for what is below either.
    pub(crate) fn leaves_out(&self, path: &Path, folder: &Matches) -> (bool, Matches) {
        let name = Name::new(path);
        let mut is_left_out = false;
        let of_pattern = |(index, pattern): (usize, &Pattern)| {
            let is_match = folder.0.get(index).is_some_and(|is_match| *is_match)
                || (pattern.is_exception() == is_left_out && pattern.matches(&name));
            if is_match {
                is_left_out = !pattern.is_exception();
            }
            is_match
        };
        let matches = self.patterns.iter().enumerate().map(of_pattern).collect();
        (is_left_out, Matches(matches))
    }

    /// Tells whether an exception may be below a folder that is left out.
    ///
    /// Only one that begins with the folder's own name counts, so `!**/x` brings nothing back from it.
    pub(crate) fn may_except_below(&self, folder: &Path) -> bool {
        self.patterns.iter().any(|pattern| pattern.is_exception_below(folder))
    }

    /// Tells the same as BuildKit sees it: where one exception is a pattern, it may be anywhere.
    #[cfg(feature = "buildkit")]
    pub(crate) fn may_except_below_for_buildkit(&self, folder: &Path) -> bool {
        self.patterns.iter().any(Pattern::is_wild_exception) || self.may_except_below(folder)
    }
}

/// Tells of each path of a walk whether it is left out: of the folders on the way, and of the last.
#[cfg(any(test, fuzzing))]
pub(crate) fn walk(ignore: &Ignore, path: &Path) -> Vec<bool> {
    let mut folders: Vec<&Path> = path.ancestors().collect();
    folders.pop();
    let mut matches = Matches::default();
    let judge = |folder: &&Path| {
        let (is_left_out, of_folder) = ignore.leaves_out(folder, &matches);
        matches = of_folder;
        is_left_out
    };
    folders.iter().rev().map(judge).collect()
}

/// Gives a pattern as it is shown to a person: of a long one the beginning.
fn shown(pattern: &[u8]) -> String {
    match pattern.get(..200) {
        Some(beginning) => format!("{}…", String::from_utf8_lossy(beginning)),
        None => String::from_utf8_lossy(pattern).into_owned(),
    }
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
