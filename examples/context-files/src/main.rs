//! Lists the files of a folder that a build sends to the engine: `context-files FOLDER`.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use sealift_dockerignore::{FolderMatches, IgnoreFile};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder] = arguments.as_slice() else {
        bail!("usage: context-files FOLDER");
    };
    for file in files(Path::new(folder))? {
        println!("{}", file.display());
    }
    Ok(())
}

/// Returns the paths of all files that `.dockerignore` does not exclude, relative to the folder.
fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let ignore = match fs::read(root.join(".dockerignore")) {
        Ok(text) => IgnoreFile::parse(&text).context(".dockerignore")?,
        Err(error) if error.kind() == ErrorKind::NotFound => IgnoreFile::default(),
        Err(error) => return Err(error).context(".dockerignore"),
    };
    let mut files = Vec::new();
    walk(root, Path::new(""), &FolderMatches::default(), &ignore, &mut files)?;
    files.sort();
    Ok(files)
}

/// Adds the files below a folder, which is relative to the root and has these matches.
fn walk(
    root: &Path,
    folder: &Path,
    matches: &FolderMatches,
    ignore: &IgnoreFile,
    files: &mut Vec<PathBuf>,
) -> Result<()> {
    let entries = fs::read_dir(root.join(folder));
    for entry in entries.with_context(|| root.join(folder).display().to_string())? {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        let (is_ignored, below) = ignore.check(&path, matches);
        // A link is sent as a link: it is never followed.
        if entry.file_type()?.is_dir() {
            if !is_ignored || ignore.may_reinclude_below(&path) {
                walk(root, &path, &below, ignore, files)?;
            }
        } else if !is_ignored {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_pattern_that_matches_decides() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("logs/old")).unwrap();
        for file in ["main.rs", "notes.md", "README.md", "logs/today", "logs/keep", "logs/old/keep"]
        {
            fs::write(folder.path().join(file), "").unwrap();
        }
        fs::write(folder.path().join(".dockerignore"), "*.md\n!README.md\nlogs\n!logs/keep\n")
            .unwrap();
        let files = files(folder.path()).unwrap();
        let files: Vec<_> = files.iter().map(|path| path.to_str().unwrap()).collect();
        assert_eq!(files, [".dockerignore", "README.md", "logs/keep", "main.rs"]);
    }

    #[test]
    fn a_bad_pattern_is_an_error_that_names_its_line() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".dockerignore"), "src\n[a-\n").unwrap();
        let error = format!("{:#}", files(folder.path()).unwrap_err());
        assert!(error.starts_with(".dockerignore: line 2 is not a pattern: `[a-`"), "{error}");
    }
}
