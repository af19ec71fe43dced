//! Lines about archives that several commands print.

use sealift_workflow::filename::{ImageId, Repository, Version};

use crate::format;
use crate::line::Line;

/// Returns the line for a removed archive. `word` is `removed` or `would remove`.
pub(crate) fn removed_line(word: &str, root: &str, path: &str, size: u64) -> Line {
    Line::new().fixed(word).path(format!("{root}/{path}")).fixed(format::size(size))
}

/// Returns the line for a release whose content changed.
pub(crate) fn rebuilt_line(image: &Repository, version: &Version, replaces: &[ImageId]) -> Line {
    let ids = replaces.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    Line::new()
        .name(format!("{image}:{version}"))
        .fixed("rebuilt")
        .reason(format!("previous id of this release: {ids}"))
}
