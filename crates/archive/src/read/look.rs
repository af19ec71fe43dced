//! A cheap look at a file: may it contain an image?

use std::path::Path;

use crate::error::{Error, Fault, FaultKind};
use crate::input::Input;
use crate::read::container::Container;
use crate::read::plain::{PlainReader, open_file};
use crate::source::{Source, read_up_to};
use crate::verify::tar_header::{BLOCK, resembles_tar_header};

/// The result of a cheap look at a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// It begins as an archive of an image does, or is damaged. Only [`examine`](crate::examine)
    /// decides.
    MayHoldImage,
    /// It holds no image.
    NoImage {
        /// What it looks like instead, a fragment for after "holds no image: ".
        reason: String,
    },
}

/// Checks whether a file may hold an image, reading only a few kilobytes of it.
///
/// # Errors
///
/// If the file cannot be read.
pub fn look_file(path: impl AsRef<Path>) -> Result<Look, Error> {
    let path = path.as_ref();
    look(open_file(path)?, path)
}

/// Checks whether a source may hold an image, reading only a few kilobytes of it. Messages name it
/// as `input`.
///
/// A zip needs just one member, and what has no container has to begin with a tar header. What is
/// inside a container is not judged, since only its checksums, at its end, show whether it is
/// damaged.
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
    // Zeros where the header was are damage, which an examination reports.
    if length < BLOCK || resembles_tar_header(&head) || head.iter().all(|byte| *byte == 0) {
        return Ok(());
    }
    Err(reader.explain(Fault::not_an_image(Fault::no_tar_reason())))
}
