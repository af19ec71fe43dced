//! Arguments that name a file outside the folder, or standard input.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// The file name extensions of archives.
const ENDINGS: &[&str] = &["tar", "tgz", "gz", "zst", "xz", "bz2", "zip", "docker"];

/// Returns `true` if an argument that could be an image or a file is a file: `-`, a path that
/// cannot be the name of an image, or an existing file with the extension of an archive.
pub(crate) fn is_file(argument: &str) -> bool {
    let path = Path::new(argument);
    argument == "-"
        || ["/", "./", "../"].iter().any(|start| argument.starts_with(start))
        || (ends_like_archive(argument) && path.is_file())
}

/// Returns `true` if an argument has the extension of an archive.
pub(crate) fn ends_like_archive(argument: &str) -> bool {
    let ending = Path::new(argument).extension();
    ending.is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known))
}

/// Returns the path to read for an argument. `-` is standard input.
pub(crate) fn path(argument: &Path) -> Result<PathBuf, Failure> {
    if argument != Path::new("-") {
        return Ok(argument.to_owned());
    }
    if std::io::stdin().is_terminal() {
        return Err(Failure::usage("standard input is a terminal; pipe an archive into it"));
    }
    Ok(PathBuf::from("/dev/stdin"))
}

#[cfg(test)]
mod tests {
    use super::is_file;

    #[test]
    fn an_argument_is_a_file_if_it_cannot_be_an_image() {
        for file in ["-", "/tmp/web", "./web", "../web.tar"] {
            assert!(is_file(file), "{file}");
        }
        // A file that does not exist, and files that are not archives.
        for image in ["web", "team/web:1.0", "not-there.tar", "Cargo.toml"] {
            assert!(!is_file(image), "{image}");
        }
    }
}
