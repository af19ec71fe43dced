//! Comparison of the files of two images.

use crate::diff::report::{Aspect, FileChange, FileDifference};
use crate::diff::tree::{FileFacts, FileKind, Tree};

/// Returns the files that differ, sorted by path. Times are not compared. An added or removed
/// folder is listed only if it is empty; otherwise its files are listed.
pub(crate) fn compare(before: &Tree, after: &Tree) -> Vec<FileDifference> {
    let is_noise = |tree: &Tree, path: &str, facts: &FileFacts| {
        facts.kind == FileKind::Directory && tree.has_below(path)
    };
    let removed = before.iter().filter_map(|(path, old)| {
        let difference = |change| Some(FileDifference { path: path.clone(), change });
        match after.get(path) {
            None if is_noise(before, path, old) => None,
            None => difference(FileChange::Removed { before: old.clone() }),
            Some(new) => match aspects(old, new) {
                aspects if aspects.is_empty() => None,
                aspects => difference(FileChange::Changed {
                    before: old.clone(),
                    after: new.clone(),
                    aspects,
                }),
            },
        }
    });
    let added = after
        .iter()
        .filter(|(path, new)| before.get(path).is_none() && !is_noise(after, path, new))
        .map(|(path, new)| FileDifference {
            path: path.clone(),
            change: FileChange::Added { after: new.clone() },
        });
    let mut differences: Vec<FileDifference> = removed.chain(added).collect();
    differences.sort_by(|left, right| left.path.cmp(&right.path));
    differences
}

fn aspects(before: &FileFacts, after: &FileFacts) -> Vec<Aspect> {
    let differs = [
        (Aspect::Kind, before.kind != after.kind),
        (Aspect::Content, before.kind == after.kind && before.content != after.content),
        (Aspect::Mode, before.mode != after.mode),
        (Aspect::Owner, before.owner != after.owner),
        (Aspect::Attributes, before.attributes != after.attributes),
    ];
    differs.into_iter().filter_map(|(aspect, differs)| differs.then_some(aspect)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::tree::tests::{file, folder, tree};

    fn listed(before: &Tree, after: &Tree) -> Vec<String> {
        let line = |difference: FileDifference| match difference.change {
            FileChange::Added { .. } => format!("+ {}", difference.path),
            FileChange::Removed { .. } => format!("- {}", difference.path),
            FileChange::Changed { aspects, .. } => format!("~ {} {aspects:?}", difference.path),
        };
        compare(before, after).into_iter().map(line).collect()
    }

    #[test]
    fn added_removed_and_changed_files_are_listed_by_path() {
        let before = tree(&[&[
            ("a", folder()),
            ("a/same", file("1")),
            ("a/other", file("1")),
            ("b", folder()),
            ("b/gone", file("1")),
            ("c", file("1")),
        ]]);
        let after = tree(&[&[
            ("a", folder()),
            ("a/same", file("1")),
            ("a/other", file("2")),
            ("c", folder()),
            ("d", folder()),
            ("d/new", file("1")),
        ]]);
        let expected = ["~ a/other [Content]", "- b/gone", "~ c [Kind]", "+ d/new"];
        assert_eq!(listed(&before, &after), expected);
        let expected = ["~ a/other [Content]", "+ b/gone", "~ c [Kind]", "- d/new"];
        assert_eq!(listed(&after, &before), expected);
        assert_eq!(listed(&after, &after), [""; 0]);
    }

    #[test]
    fn an_empty_folder_is_listed() {
        let after = tree(&[&[("empty", folder())]]);
        assert_eq!(listed(&Tree::default(), &after), ["+ empty"]);
    }
}
