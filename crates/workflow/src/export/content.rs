//! Examination of a file that already has the name of an exported one.

use std::ops::ControlFlow;
use std::path::Path;

use sealift_archive::{ErrorKind, ExamineOptions, Naming, examine_file};
use sealift_filename::Repository;
use sealift_oci::Identity;

use crate::error::Error;
use crate::export::cluster::container;
use crate::export::file_name::ExportName;
use crate::run::Run;

/// The content of a file. The reasons are clauses.
pub(super) enum Content {
    /// An exported file with the image that its name states.
    Exported(Identity),
    /// An incomplete or damaged archive, or an empty file.
    Damaged(String),
    /// Any other content, or a file that cannot be read. It does not belong to sealift.
    Other(String),
}

/// The size of a tar header in bytes. A smaller file that is not empty may be something else, such
/// as a note.
const HEADER: u64 = 512;

/// Examines a file that has the name of an exported one.
pub(super) fn examine(
    path: &Path,
    image: &Repository,
    name: &ExportName,
    run: &Run,
) -> Result<Content, Error> {
    let go_on = |_| run.check_cancelled().map_or(ControlFlow::Break(()), ControlFlow::Continue);
    let proof = match examine_file(path, &ExamineOptions::new().with_on_bytes(&go_on)) {
        Ok(proof) => proof,
        Err(error) => {
            run.check_cancelled()?;
            let size = path.metadata().map_or(0, |metadata| metadata.len());
            let reason = match error.as_fault() {
                Some(fault) => format!("it is not a complete archive: {}", fault.reason()),
                None => error.to_string(),
            };
            let is_damaged = error.kind() == ErrorKind::Damaged && size >= HEADER;
            return Ok(match is_damaged || error.as_fault().is_some() && size == 0 {
                true => Content::Damaged(reason),
                false => Content::Other(reason),
            });
        }
    };
    let naming = Naming::new(image, &name.version)?.qualified();
    let identity = proof.identity();
    let is_ours = proof.container() == container(name.compression)
        && proof.carries(&naming)
        && identity.config.image_id() == name.id;
    Ok(match is_ours {
        true => Content::Exported(identity.clone()),
        false => Content::Other(format!("it is not an exported archive of {naming}")),
    })
}
