//! Atomic replacement of output files.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, fchown};
use std::path::{Path, PathBuf};

use sealift_workflow::ErrorKind;

use crate::failure::Failure;

/// Replaces the content of a file atomically and durably. Readers see either the old or the new
/// content, and on failure the file is unchanged.
///
/// The mode of an existing file is kept, and symbolic links are followed. If the path is not a
/// regular file, such as `/dev/stdout` or a named pipe, the content is written to it directly.
pub(crate) fn replace_file(path: &Path, content: &[u8]) -> Result<(), Failure> {
    replace(path, content).map_err(|error| {
        let message = format!("cannot write {}", path.display());
        Failure::new(ErrorKind::Failed, message, Some(error.to_string()))
    })
}

fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let before = match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
        Ok(metadata) if metadata.is_file() => Some(metadata),
        Ok(_) => return OpenOptions::new().write(true).open(path)?.write_all(content),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let path = target(path)?;
    // The parent of a bare file name is empty, which means the current folder.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let (mut file, mut temporary) = Temporary::create(folder)?;
    file.write_all(content)?;
    if let Some(before) = before {
        // Only root can change the owner. Other users become the owner of the new file.
        let _ = fchown(&file, Some(before.uid()), Some(before.gid()));
        file.set_permissions(before.permissions())?;
    }
    file.sync_all()?;
    fs::rename(&temporary.path, &path)?;
    temporary.is_renamed = true;
    // Best effort: if this fails, a crash can restore the old file, but not damage it.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

/// A temporary file in the same folder, which is removed unless it is renamed.
struct Temporary {
    path: PathBuf,
    is_renamed: bool,
}

impl Temporary {
    fn create(folder: &Path) -> io::Result<(File, Self)> {
        let mut attempt = 0;
        loop {
            let name = format!(".sealift-output-{}-{attempt}", std::process::id());
            let path = folder.join(name);
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok((file, Self { path, is_renamed: false })),
                // A crashed process with the same id left this file.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < 100 => {
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.is_renamed {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Follows symbolic links and returns the path of the file, which may be missing.
fn target(path: &Path) -> io::Result<PathBuf> {
    /// The number of links that Linux follows.
    const LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        match fs::read_link(&path) {
            Ok(link) => path = path.parent().unwrap_or(Path::new("")).join(link),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_created_and_replaced_with_its_mode() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("images.json");
        replace(&file, b"one").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"one");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        let before = fs::metadata(&file).unwrap().ino();
        replace(&file, b"two").unwrap();
        let after = fs::metadata(&file).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert_eq!(after.mode() & 0o7777, 0o640);
        assert_ne!(after.ino(), before, "it is another file, not the same one written over");
        assert_eq!(names(dir.path()), ["images.json"]);
    }

    #[test]
    fn symbolic_links_are_followed_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("real")).unwrap();
        symlink("real/images.json", dir.path().join("one")).unwrap();
        symlink("one", dir.path().join("two")).unwrap();
        for content in ["new", "replaced"] {
            replace(&dir.path().join("two"), content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(dir.path().join("real/images.json")).unwrap(), content);
        }
        assert!(dir.path().join("one").is_symlink() && dir.path().join("two").is_symlink());
        assert_eq!(names(&dir.path().join("real")), ["images.json"]);
        symlink("loop", dir.path().join("loop")).unwrap();
        assert!(replace(&dir.path().join("loop"), b"x").is_err());
    }

    #[test]
    fn a_failed_write_leaves_no_file() {
        let dir = tempfile::tempdir().unwrap();
        let error = replace(&dir.path().join("missing/images.json"), b"x").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert_eq!(replace(dir.path(), b"x").unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert!(names(dir.path()).is_empty());
        replace(Path::new("/dev/null"), b"x").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        if Path::new("/dev/full").exists() {
            let error = replace(Path::new("/dev/full"), b"x").unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        }
    }
}
