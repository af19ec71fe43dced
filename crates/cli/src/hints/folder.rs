//! Hints about the folder of archives and what is in it.

use sealift_workflow::catalog::NotFound;
use sealift_workflow::filename::ArchivePath;
use sealift_workflow::store::{Error, ErrorKind};

use crate::format;
use crate::hints::nearest::nearest;

/// Returns the hint for an archive that holds another image than its name states.
pub(super) fn misnamed(archive: &ArchivePath) -> String {
    let image =
        archive.repository().map_or_else(|| archive.image().to_owned(), |of| of.to_string());
    format!(
        "move it out of the folder; if its image is the right one, `sealift add FILE --name {image}:{}` \
         stores it under its right name",
        archive.name().version()
    )
}

/// Returns the hint for an image that is not in the folder.
pub(super) fn not_found(not_found: &NotFound) -> Option<String> {
    let image = &not_found.query.repository;
    if let [archive, ..] = &not_found.without_image[..] {
        return Some(format!("{archive} holds no image; `sealift verify {image}` says why"));
    }
    if !not_found.versions.is_empty() {
        let versions: Vec<String> =
            not_found.versions.iter().map(|version| format!("{image}:{version}")).collect();
        return Some(format!("it has {}", format::enumeration(&versions)));
    }
    if let Some(nearest) = nearest(image.as_ref(), &not_found.images) {
        return Some(format!("did you mean `{nearest}`?"));
    }
    if !not_found.images.is_empty() {
        let images: Vec<String> = not_found.images.iter().map(ToString::to_string).collect();
        return Some(format!("it has {}", format::enumeration(&images)));
    }
    Some(format!("sealift update {image}:VERSION saves it from an engine"))
}

/// Returns the hint for an error of the folder itself.
pub(super) fn store(error: &Error) -> Option<String> {
    match error.kind() {
        ErrorKind::NotFound => {
            Some("`sealift update IMAGE:VERSION` makes it; --dir names another folder".to_owned())
        }
        ErrorKind::NotADirectory => Some("--dir names another folder".to_owned()),
        ErrorKind::NoSpace => {
            let hint = "free space on that disk, or name a folder on another one with --dir; \
                        `sealift clean --all --dry-run` lists old archives that could be removed";
            Some(hint.to_owned())
        }
        ErrorKind::Locked => {
            Some("try again once it is done; --lock-timeout waits longer".to_owned())
        }
        _ => None,
    }
}

/// Returns the hint for an error of the folder that images are exported into.
pub(crate) fn target(error: &Error) -> Option<String> {
    match error.kind() {
        ErrorKind::NotADirectory => Some("pass another folder with --to".to_owned()),
        ErrorKind::NoSpace => {
            Some("free space on that disk, or pass a folder on another one with --to".to_owned())
        }
        ErrorKind::NotAFile => Some("move it away, or pass another folder with --to".to_owned()),
        ErrorKind::Changed => Some("run it again once nobody else writes the file".to_owned()),
        _ => None,
    }
}
