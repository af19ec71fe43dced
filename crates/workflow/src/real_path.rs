//! Paths with resolved symbolic links.

use std::path::{Path, PathBuf};

/// Returns the absolute path of a folder, with the symbolic links in its existing part resolved.
pub(crate) fn real_path(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let known = path.ancestors().find_map(|above| Some((above, above.canonicalize().ok()?)));
    match known {
        Some((above, real)) => match path.strip_prefix(above) {
            Ok(missing) if missing.as_os_str().is_empty() => real,
            Ok(missing) => real.join(missing),
            Err(_) => real,
        },
        None => path,
    }
}
