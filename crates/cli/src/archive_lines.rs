//! Lines about archives that several commands print.

use sealift_workflow::filename::{ImageId, Printable, Repository, Version};

use crate::format;

/// Returns the line for a removed archive. `word` is `removed` or `would remove`.
pub(crate) fn removed_line(word: &str, root: &str, path: &str, size: u64) -> String {
    format!("{word}  {root}/{}  {}\n", Printable(path), format::size(size))
}

/// Returns the line for a release whose content changed.
pub(crate) fn rebuilt_line(image: &Repository, version: &Version, replaces: &[ImageId]) -> String {
    let ids = replaces.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let version = Printable(version.as_str());
    format!("{image}:{version}  rebuilt  previous id of this release: {ids}")
}
