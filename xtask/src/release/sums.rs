//! `SHA256SUMS`, as `sha256sum` writes and checks it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use sealift_oci::{Digest, Hasher};

/// The file's name.
pub(crate) const NAME: &str = "SHA256SUMS";

/// Digests by file, whose names are relative to the folder and have `/` between them.
pub(crate) type Sums = BTreeMap<String, Digest>;

/// Adds up every file of a finished folder, but for the sums themselves and for what is hidden.
pub(crate) fn of_folder(folder: &Path) -> Result<Sums> {
    files(folder)?
        .into_iter()
        .map(|name| {
            let sum = of_file(&folder.join(&name))?;
            Ok((name, sum))
        })
        .collect()
}

/// Names the files of a finished folder, but for the sums themselves.
///
/// What is hidden is no part of it: it belongs to work that isn't finished, or to the folder of
/// images.
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
        let name = name.to_str().with_context(|| format!("{} is no text", name.display()))?;
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
            bail!("{} is neither a file nor a folder", entry.path().display());
        }
    }
    Ok(())
}

/// Returns the digest of a file.
pub(crate) fn of_file(path: &Path) -> Result<Digest> {
    let failed = || format!("cannot read {}", path.display());
    let mut hasher = Hasher::new();
    let mut file = File::open(path).with_context(failed)?;
    io::copy(&mut file, &mut hasher).with_context(failed)?;
    Ok(hasher.finish())
}

/// Writes sums as text, a file a line.
pub(crate) fn written(sums: &Sums) -> String {
    sums.iter().map(|(name, sum)| format!("{}  {name}\n", sum.hex())).collect()
}

/// Reads what [`written`] wrote.
///
/// # Errors
///
/// Names a line that isn't a sum and a file inside of the folder.
pub(crate) fn read(text: &str) -> Result<Sums> {
    let line = |line: &str| {
        let (sum, name) = line.split_once("  ")?;
        let sum = Digest::from_hex(&sum.to_ascii_lowercase())?;
        let is_inside = name.split('/').all(|part| !matches!(part, "" | "." | ".."));
        is_inside.then(|| (name.to_owned(), sum))
    };
    let lines = text.lines().enumerate();
    lines
        .map(|(at, text)| line(text).with_context(|| format!("{NAME}:{}: no sum: {text}", at + 1)))
        .collect()
}

/// Compares what should be there with what is, and names every difference.
pub(crate) fn differences(expected: &Sums, found: &Sums) -> Vec<String> {
    let mut differences: Vec<String> = expected
        .iter()
        .filter_map(|(name, sum)| match found.get(name) {
            None => Some(format!("{name} is missing")),
            Some(other) if other != sum => Some(format!("{name} is not what was released")),
            Some(_) => None,
        })
        .collect();
    let unknown = found.keys().filter(|name| !expected.contains_key(*name));
    differences.extend(unknown.map(|name| format!("{name} is not in {NAME}")));
    differences
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
        fs::write(root.join(NAME), "old").unwrap();
        folder
    }

    #[test]
    fn sums_are_as_sha256sum_writes_them() {
        let sums = of_folder(folder().path()).unwrap();
        let text = written(&sums);
        assert_eq!(
            text,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  b\n\
             e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  images/a\n"
        );
        assert_eq!(read(&text).unwrap(), sums);
    }

    #[test]
    fn a_changed_a_missing_and_an_unknown_file_are_named() {
        let folder = folder();
        let sums = of_folder(folder.path()).unwrap();
        assert!(differences(&sums, &of_folder(folder.path()).unwrap()).is_empty());
        fs::write(folder.path().join("b"), "abd").unwrap();
        fs::remove_file(folder.path().join("images/a")).unwrap();
        fs::write(folder.path().join("c"), "").unwrap();
        assert_eq!(
            differences(&sums, &of_folder(folder.path()).unwrap()),
            ["b is not what was released", "images/a is missing", "c is not in SHA256SUMS"]
        );
    }

    #[test]
    fn a_line_that_is_no_sum_or_leads_outside_is_refused() {
        let sum = "0".repeat(64);
        for name in ["../x", "/x", "a/../../x", "", "a//b"] {
            assert!(read(&format!("{sum}  {name}\n")).is_err(), "{name:?}");
        }
        let error = read(&format!("{sum}  a\nabc  b\n")).unwrap_err().to_string();
        assert_eq!(error, "SHA256SUMS:2: no sum: abc  b");
    }
}
