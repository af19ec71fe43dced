//! A copy of the source with the changes of the release, so that a rehearsal changes nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::edits::Edits;

/// Copies these files of `root` to `copy`, with edits, and removes everything else from it.
///
/// Files that did not change are not written again, because cargo compares their times.
pub(crate) fn copy(root: &Path, files: &[String], edits: &Edits, copy: &Path) -> Result<()> {
    let mut kept = BTreeSet::new();
    for name in files {
        let edited = edits.files.iter().find(|(file, _)| file == name);
        let bytes = match edited {
            Some((_, text)) => text.clone().into_bytes(),
            None => match fs::read(root.join(name)) {
                Ok(bytes) => bytes,
                // It was removed, and that is not committed yet.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => {
                    return Err(error).with_context(|| format!("cannot read {name}"));
                }
            },
        };
        let place = copy.join(name);
        kept.insert(place.clone());
        if fs::read(&place).is_ok_and(|there| there == bytes) {
            continue;
        }
        let folder = place.parent().unwrap_or(copy);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&place, bytes))
            .with_context(|| format!("cannot write {}", place.display()))?;
        // Cargo's packages and the tarball contain the modes of files.
        let permissions = fs::metadata(root.join(name))?.permissions();
        fs::set_permissions(&place, permissions)?;
    }
    remove_others(copy, &kept)
}

fn remove_others(folder: &Path, kept: &BTreeSet<std::path::PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            remove_others(&path, kept)?;
            if fs::read_dir(&path)?.next().is_none() {
                fs::remove_dir(&path)?;
            }
        } else if !kept.contains(&path) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_the_edits_and_nothing_that_was_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let (root, target) = (folder.path().join("root"), folder.path().join("copy"));
        fs::create_dir_all(root.join("a")).unwrap();
        fs::create_dir_all(target.join("old")).unwrap();
        fs::write(target.join("old/file"), "").unwrap();
        fs::write(root.join("a/kept"), "kept").unwrap();
        fs::write(root.join("edited"), "before").unwrap();
        fs::write(root.join("unknown"), "").unwrap();
        let files = ["a/kept", "edited", "removed"].map(str::to_owned);
        let edits =
            Edits { files: vec![("edited".to_owned(), "after".to_owned())], notes: String::new() };
        copy(&root, &files, &edits, &target).unwrap();
        let time = || fs::metadata(target.join("a/kept")).unwrap().modified().unwrap();
        let written = time();
        copy(&root, &files, &edits, &target).unwrap();
        assert_eq!(time(), written, "what is the same stays untouched");
        assert_eq!(super::super::sums::files(&target).unwrap(), ["a/kept", "edited"]);
        assert_eq!(fs::read_to_string(target.join("edited")).unwrap(), "after");
        assert_eq!(fs::read_to_string(root.join("edited")).unwrap(), "before");
    }
}
