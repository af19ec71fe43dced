//! A quick check whether a file can contain an image.

use std::path::Path;

use crate::error::{Error, Fault, FaultKind};
use crate::input::Input;
use crate::read::container::Container;
use crate::read::plain::{PlainReader, open_file};
use crate::source::{Source, read_up_to};
use crate::verify::tar_header::{BLOCK, resembles_tar_header};

/// The result of [`look`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// The file starts like an archive, or is damaged. Only [`examine`](crate::examine) can decide
    /// whether it contains an image.
    MayHoldImage,
    /// The file contains no image.
    NoImage {
        /// The reason, to be printed after "contains no image: ".
        reason: String,
    },
}

/// Checks quickly whether a file can contain an image. It reads only a few kilobytes.
///
/// # Errors
///
/// If the file cannot be read.
pub fn look_file(path: impl AsRef<Path>) -> Result<Look, Error> {
    let path = path.as_ref();
    look(open_file(path)?, path)
}

/// Checks quickly whether a source can contain an image. It reads only a few kilobytes. Errors name
/// the source as `input`.
///
/// A zip must have exactly one member, and a file without a container must start with a tar header.
/// The content of a container is not checked, because only the checksums at its end show whether it
/// is damaged.
///
/// # Errors
///
/// If the source cannot be read.
pub fn look(source: impl Source, input: impl Into<Input>) -> Result<Look, Error> {
    match look_at_head(source, input.into()) {
        Ok(()) => Ok(Look::MayHoldImage),
        Err(Error::Fault { source: Fault::NotAnImage { reason }, .. }) => {
            Ok(Look::NoImage { reason })
        }
        Err(Error::Fault { source, .. }) if source.kind() != FaultKind::NotAnImage => {
            Ok(Look::MayHoldImage)
        }
        Err(error) => Err(error),
    }
}

fn look_at_head(source: impl Source, input: Input) -> Result<(), Error> {
    let mut reader = PlainReader::new(source, input)?;
    if reader.container() != Container::Tar {
        return Ok(());
    }
    let mut head = [0; BLOCK];
    let length = read_up_to(&mut reader, &mut head)
        .map_err(|error| Error::of_reader(error, reader.input()))?;
    // A header of zeros is damage, which an examination reports.
    if length < BLOCK || resembles_tar_header(&head) || head.iter().all(|byte| *byte == 0) {
        return Ok(());
    }
    Err(reader.explain(Fault::not_an_image(Fault::no_tar_reason())))
}
