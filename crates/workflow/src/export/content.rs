//! What a file contains that has the name of an exported one.

use std::ops::ControlFlow;
use std::path::Path;

use sealift_archive::{ErrorKind, ExamineOptions, Naming, examine_file};
use sealift_filename::Repository;
use sealift_oci::Identity;

use crate::error::Error;
use crate::export::cluster::container;
use crate::export::file_name::ExportName;
use crate::run::Run;

/// What a file contains. The reasons are sentences without their ends.
pub(super) enum Content {
    /// The image of its name, as it is exported.
    Exported(Identity),
    /// Nothing, or less than a whole archive.
    Damaged(String),
    /// Something else: it belongs to somebody else, or it cannot be read.
    Other(String),
}

/// The size of a tar header in bytes. What is smaller may as well be a note of somebody.
const HEADER: u64 = 512;

/// Reads a file that has the name of an exported one.
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
                Some(fault) => format!("it is no whole archive: {}", fault.reason()),
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
