//! Detection of names that differ only in case, on file systems that ignore case.

use std::io;

use sealift_filename::ArchivePath;

use crate::error::Error;
use crate::fs::dir::{Dir, parts, split};
use crate::store::Store;

impl Store {
    /// Returns an error if an existing file or folder differs from an archive's path only in case.
    /// On exFAT, NTFS and macOS, publishing the archive would replace it.
    pub(crate) fn refuse_other_spelling(&self, archive: &ArchivePath) -> Result<(), Error> {
        match self.find_other_spelling(archive) {
            Ok(None) => Ok(()),
            Ok(Some(existing)) => Err(Error::OtherSpelling {
                archive: self.path_of(archive),
                existing: self.root().join(existing),
            }),
            Err(source) => Err(Error::io("access", self.path_of(archive), source)),
        }
    }

    fn find_other_spelling(&self, archive: &ArchivePath) -> io::Result<Option<String>> {
        let (folder, name) = split(archive.as_str());
        let mut above = Dir::open(self.root(), "")?;
        let mut path = String::new();
        for part in parts(folder).chain([name]) {
            if let Some(existing) = other_spelling(
                part,
                |name| above.stat(name).is_ok(),
                || {
                    let entries = above.entries()?.into_iter();
                    Ok(entries.filter_map(|(name, _)| name.into_string().ok()).collect())
                },
            )? {
                return Ok(Some(format!("{path}{existing}")));
            }
            path.push_str(part);
            path.push('/');
            above = match above.inner(part) {
                Ok(inner) => inner,
                // The rest of the path does not exist, or it is the archive itself.
                Err(_) => return Ok(None),
            };
        }
        Ok(None)
    }
}

/// Returns an existing name that differs from `name` only in case, if the file system treats both
/// as equal. The folder is listed only if the file system seems to ignore case.
fn other_spelling(
    name: &str,
    exists: impl Fn(&str) -> bool,
    entries: impl FnOnce() -> io::Result<Vec<String>>,
) -> io::Result<Option<String>> {
    if !exists(name) || !exists(&swapped(name)) {
        return Ok(None);
    }
    let entries = entries()?;
    if entries.iter().any(|entry| entry == name) {
        return Ok(None);
    }
    let folded = name.to_lowercase();
    Ok(entries.into_iter().find(|entry| entry.to_lowercase() == folded))
}

/// Returns a name with upper and lower case swapped.
fn swapped(name: &str) -> String {
    let swap = |c: char| match c.is_ascii_lowercase() {
        true => c.to_ascii_uppercase(),
        false => c.to_ascii_lowercase(),
    };
    name.chars().map(swap).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks up a name in a folder that ignores case or does not.
    fn found(name: &str, entries: &[&str], ignores_case: bool) -> Option<String> {
        let exists = |name: &str| {
            entries.iter().any(|entry| match ignores_case {
                true => entry.eq_ignore_ascii_case(name),
                false => *entry == name,
            })
        };
        let list = || Ok(entries.iter().map(|&entry| entry.to_owned()).collect());
        other_spelling(name, exists, list).unwrap()
    }

    #[test]
    fn a_name_with_other_case_conflicts_only_if_case_is_ignored() {
        let (upper, lower) = ("web_RC2_0123456789ab.zip", "web_rc2_0123456789ab.zip");
        assert_eq!(found(lower, &[upper], true).as_deref(), Some(upper));
        assert_eq!(found(upper, &["a", lower], true).as_deref(), Some(lower));
        assert_eq!(found(lower, &[lower], true), None);
        assert_eq!(found(lower, &["web_rc3_0123456789ab.zip"], true), None);
        assert_eq!(found(lower, &[upper], false), None);
        assert_eq!(found(lower, &[lower, upper], false), None, "both can exist");
        assert_eq!(
            found("Registry+5000", &["registry+5000"], true).as_deref(),
            Some("registry+5000")
        );
    }
}
