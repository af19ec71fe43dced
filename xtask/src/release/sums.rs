//! `SHA256SUMS`, written and checked by `sha256sum`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::run;

/// The file's name.
pub(crate) const NAME: &str = "SHA256SUMS";

/// Returns the sums of a finished folder's files, without hidden files and the sums themselves.
pub(crate) fn of_folder(folder: &Path) -> Result<String> {
    run::read(Command::new("sha256sum").arg("--").args(files(folder)?).current_dir(folder))
}

/// Verifies the files of a finished folder, and returns their names.
pub(crate) fn check(folder: &Path) -> Result<Vec<String>> {
    let list = folder.join(NAME);
    let text =
        fs::read_to_string(&list).with_context(|| format!("cannot read {}", list.display()))?;
    let names: Vec<String> =
        text.lines().filter_map(|line| Some(line.split_once("  ")?.1.to_owned())).collect();
    let found = files(folder)?;
    if let Some(unknown) = found.iter().find(|name| !names.contains(name)) {
        bail!("{unknown} is not in {}", list.display());
    }
    let mut check = Command::new("sha256sum");
    check.args(["--check", "--strict", "--quiet", NAME]).current_dir(folder);
    let checked = check.output().context("cannot run sha256sum")?;
    if !checked.status.success() {
        let [output, errors] =
            [&checked.stdout, &checked.stderr].map(|it| String::from_utf8_lossy(it));
        bail!("{} is not what was released:\n{output}{errors}", folder.display());
    }
    Ok(names)
}

/// Returns the names of a finished folder's files, without the sums themselves.
///
/// Hidden files are not part of a release: they are intermediate results, or sealift's own files in
/// the folder of images.
pub(crate) fn files(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    collect(folder, "", &mut names)?;
    names.sort();
    Ok(names)
}

fn collect(folder: &Path, prefix: &str, names: &mut Vec<String>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name
            .to_str()
            .with_context(|| format!("the file name {} is not UTF-8", name.display()))?;
        if name.starts_with('.') || (prefix.is_empty() && name == NAME) {
            continue;
        }
        let kind = entry.file_type()?;
        let path = format!("{prefix}{name}");
        if kind.is_dir() {
            collect(&entry.path(), &format!("{path}/"), names)?;
        } else if kind.is_file() {
            names.push(path);
        } else {
            bail!("{} is neither a file nor a directory", entry.path().display());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("images/.sealift")).unwrap();
        fs::write(root.join("b"), "abc").unwrap();
        fs::write(root.join("images/a"), "").unwrap();
        fs::write(root.join("images/.sealift/record"), "hidden").unwrap();
        let sums = of_folder(root).unwrap();
        fs::write(root.join(NAME), sums).unwrap();
        folder
    }

    #[test]
    fn hidden_files_and_the_sums_themselves_have_no_sums() {
        assert_eq!(check(folder().path()).unwrap(), ["b", "images/a"]);
    }

    #[test]
    fn a_changed_a_missing_and_an_unknown_file_are_named() {
        let error = |change: &dyn Fn(&Path)| {
            let folder = folder();
            change(folder.path());
            check(folder.path()).unwrap_err().to_string()
        };
        let changed = error(&|root| fs::write(root.join("b"), "abd").unwrap());
        assert!(changed.contains("b: FAILED"), "{changed}");
        let missing = error(&|root| fs::remove_file(root.join("images/a")).unwrap());
        assert!(missing.contains("images/a: FAILED open"), "{missing}");
        let unknown = error(&|root| fs::write(root.join("c"), "").unwrap());
        assert!(unknown.starts_with("c is not in "), "{unknown}");
        let garbled = error(&|root| fs::write(root.join(NAME), "abc  b\nx  images/a\n").unwrap());
        assert!(garbled.contains("no properly formatted"), "{garbled}");
    }
}
