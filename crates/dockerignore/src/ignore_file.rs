//! An ignore file, and the decisions that it makes.

use std::path::Path;

use crate::lines::{self, Line};
use crate::parse_error::ParseError;
use crate::pattern::{Name, Pattern};

/// The patterns of an ignore file, in their order. The default has none.
#[derive(Debug, Clone, Default)]
pub struct IgnoreFile {
    patterns: Vec<Pattern>,
}

/// The patterns that match a folder. They also match everything in the folder.
///
/// The default is that of the root of the build context, which no pattern matches.
#[derive(Debug, Clone, Default)]
pub struct FolderMatches(Vec<bool>);

impl IgnoreFile {
    /// Parses the content of an ignore file, which does not have to be UTF-8.
    pub fn parse(text: &[u8]) -> Result<Self, ParseError> {
        let mut patterns = Vec::new();
        for Line { number, pattern } in lines::read(text) {
            let parsed = Pattern::parse(&pattern)
                .map_err(|error| ParseError::new(number, &pattern, error))?;
            patterns.extend(parsed);
        }
        Ok(Self { patterns })
    }

    /// Returns `true` if a path, relative to the root of the context, is ignored.
    ///
    /// The folders on the way to the path are checked as well. A program that walks a folder should
    /// use [`check`](Self::check), which does not check the folders again for each entry.
    #[must_use]
    pub fn is_ignored(&self, path: &Path) -> bool {
        self.walk(path).last().is_some_and(|is_ignored| *is_ignored)
    }

    /// Returns `true` if a path is ignored. Also returns the matches to pass for the entries below
    /// the path.
    ///
    /// `folder` contains the matches of the folder that contains the path. The last pattern that
    /// matches decides. As in Docker, a pattern that cannot change the result so far is not
    /// evaluated, and therefore is not a match for the entries below the path either.
    #[must_use]
    pub fn check(&self, path: &Path, folder: &FolderMatches) -> (bool, FolderMatches) {
        let name = Name::new(path);
        let mut is_ignored = false;
        let of_pattern = |(index, pattern): (usize, &Pattern)| {
            let is_match = folder.0.get(index).is_some_and(|is_match| *is_match)
                || (pattern.is_exception() == is_ignored && pattern.matches(&name));
            if is_match {
                is_ignored = !pattern.is_exception();
            }
            is_match
        };
        let matches = self.patterns.iter().enumerate().map(of_pattern).collect();
        (is_ignored, FolderMatches(matches))
    }

    /// Returns `true` if an exception can re-include a path below an ignored folder, by the rules
    /// of the docker CLI's classic builder.
    ///
    /// Only an exception that starts with the folder's path counts, so `!**/x` does not re-include
    /// anything below it.
    #[must_use]
    pub fn may_reinclude_below(&self, folder: &Path) -> bool {
        self.patterns.iter().any(|pattern| pattern.is_exception_below(folder))
    }

    /// Returns `true` if an exception can re-include a path below an ignored folder, by the rules
    /// of BuildKit. Here an exception with wildcards counts for every folder.
    #[must_use]
    pub fn may_reinclude_below_in_buildkit(&self, folder: &Path) -> bool {
        self.patterns.iter().any(Pattern::is_wild_exception) || self.may_reinclude_below(folder)
    }

    /// Checks each folder on the way to a path, and the path itself. Each item is `true` if the
    /// folder or the path is ignored.
    pub(crate) fn walk(&self, path: &Path) -> Vec<bool> {
        let mut paths: Vec<&Path> = path.ancestors().collect();
        // The last one is the empty path, the root.
        paths.pop();
        let mut matches = FolderMatches::default();
        let check = |path: &&Path| {
            let (is_ignored, of_path) = self.check(path, &matches);
            matches = of_path;
            is_ignored
        };
        paths.iter().rev().map(check).collect()
    }
}
