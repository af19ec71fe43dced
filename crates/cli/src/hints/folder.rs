//! Hints for errors of the folder and its archives.

use sealift_workflow::catalog::NotFound;
use sealift_workflow::filename::{ArchivePath, Reference};
use sealift_workflow::store::{Error, ErrorKind};

use crate::format;
use crate::hints::nearest::nearest;

const OTHER_FOLDER: &str = "pass another folder with --dir";

/// Returns the hint for an archive whose name does not match its image.
pub(super) fn misnamed(archive: &ArchivePath) -> String {
    let image =
        archive.repository().map_or_else(|| archive.image().to_owned(), |of| of.to_string());
    format!(
        "move it out of the folder; if its image is the right one, run `sealift add FILE --name \
         {image}:{}` to add it with the correct name",
        archive.name().version()
    )
}

/// Returns the hint for a text that should be an image and is the name or the path of an archive.
/// The path can begin with that of the folder.
pub(crate) fn archive_name(text: &str, folder: &str) -> Option<String> {
    let inside = text.strip_prefix(folder).and_then(|path| path.strip_prefix('/'));
    let archive = ArchivePath::parse(inside.unwrap_or(text)).ok()?;
    let image = Reference::new(archive.repository()?, Some(archive.name().to_version())).ok()?;
    Some(format!("this is the name of an archive; pass its image: {image}"))
}

/// Returns the hint for an image that is not in the folder.
pub(super) fn not_found(not_found: &NotFound) -> Option<String> {
    let image = &not_found.query.repository;
    if let Some(hint) = archive_name(image.as_str(), &not_found.place) {
        return Some(hint);
    }
    if let [archive, ..] = &not_found.without_image[..] {
        return Some(format!(
            "{archive} contains no image; run `sealift verify {image}` for the reason"
        ));
    }
    if !not_found.versions.is_empty() {
        let versions: Vec<String> =
            not_found.versions.iter().map(|version| format!("{image}:{version}")).collect();
        return Some(format!("available: {}", format::enumeration(&versions)));
    }
    if let Some(nearest) = nearest(image.as_ref(), &not_found.images) {
        return Some(format!("did you mean `{nearest}`?"));
    }
    if !not_found.images.is_empty() {
        let images: Vec<String> = not_found.images.iter().map(ToString::to_string).collect();
        return Some(format!("available: {}", format::enumeration(&images)));
    }
    Some(format!("run sealift update {image}:VERSION to save it from an engine"))
}

/// Returns the hint for an error of the folder.
pub(super) fn store(error: &Error) -> Option<String> {
    match error.kind() {
        ErrorKind::NotFound => Some(
            "run `sealift update IMAGE:VERSION` to create it, or pass another folder with --dir"
                .to_owned(),
        ),
        ErrorKind::NotADirectory => Some(OTHER_FOLDER.to_owned()),
        ErrorKind::NoSpace => {
            let hint = "free space on that disk, or pass a folder on another one with --dir; \
                        `sealift clean --all --dry-run` lists old archives that can be removed";
            Some(hint.to_owned())
        }
        ErrorKind::Locked => {
            Some("try again later, or pass --lock-timeout SECONDS to wait longer".to_owned())
        }
        _ if matches!(error, Error::Io { operation: "create the folder", .. }) => {
            Some(OTHER_FOLDER.to_owned())
        }
        _ => None,
    }
}

/// Returns the hint for an error of the folder that images are exported to.
pub(crate) fn target(error: &Error) -> Option<String> {
    match error.kind() {
        ErrorKind::NotADirectory => Some("pass another folder with --to".to_owned()),
        ErrorKind::NoSpace => {
            Some("free space on that disk, or pass a folder on another one with --to".to_owned())
        }
        ErrorKind::NotAFile => Some("move it away, or pass another folder with --to".to_owned()),
        ErrorKind::Changed => {
            Some("run the command again when no other program writes the file".to_owned())
        }
        _ => None,
    }
}
