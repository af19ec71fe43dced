//! An archive's bytes on their way into a staging file: proven, packed and hashed as they pass.
//!
//! Whatever the source, an engine or a file, what stands in the staging file in the end is proven to be a whole
//! image. The work is spread over threads: this one proves, others hash and write, or compress.

use std::fs::File;
use std::io::{self, Write as _};
use std::sync::mpsc::sync_channel;
use std::thread;

use bytes::Bytes;
use sealift_archive::{
    Contents, Fault, HashingWriter, Level, PlainReader, Renamer, ZipSink, hash_file,
};
use sealift_oci::Digest;
use sealift_store::{Proven, Staging};

use crate::error::Error;

/// How many pieces may wait to be written: enough that nobody waits for a moment's delay.
const PIECES: usize = 4;

/// In what form an archive is written.
#[derive(Debug, Clone)]
pub(crate) enum Packing {
    /// As the plain tar that it is.
    Plain,
    /// As a zip.
    Zip {
        /// The name of its one member.
        member_name: String,
        level: Level,
    },
}

/// A staging file that holds a whole archive.
pub(crate) struct Transcript {
    pub(crate) staging: Staging,
    pub(crate) contents: Contents,
    pub(crate) proven: Proven,
}

/// Why nothing came of it.
pub(crate) enum Broken {
    /// It is no whole image.
    Fault(Fault),
    /// The disk, or the source.
    Other(Box<Error>),
}

impl From<Fault> for Broken {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl<E: Into<Error>> From<E> for Broken {
    fn from(error: E) -> Self {
        Self::Other(Box::new(error.into()))
    }
}

/// Writes a plain tar into a staging file, as an archive that carries one name. On any failure the file
/// is removed.
///
/// `next` returns the pieces of the tar, and `None` at its end. `rename` returns the name of a zip's member, if
/// only the whole archive tells it.
pub(crate) fn transcribe(
    mut staging: Staging,
    packing: &Packing,
    renamer: Renamer,
    rename: impl FnOnce(&Contents) -> Option<String>,
    next: impl FnMut() -> Result<Option<Bytes>, Error>,
) -> Result<Transcript, Broken> {
    let file = staging.file_mut();
    let written = match packing {
        Packing::Plain => write_plain(file, renamer, next),
        Packing::Zip { member_name, level } => {
            let zip = ZipSink::with_level(file, member_name, *level).map_err(Stopped::Disk);
            zip.and_then(|zip| write_zip(zip, renamer, rename, next))
                .and_then(|proof| Ok((proof, hash_zip(&staging)?)))
        }
    };
    let (contents, sha256) = match written {
        Ok(written) => written,
        Err(Stopped::Broken(broken)) => return Err(broken),
        Err(Stopped::Disk(error)) => return Err(staging.write_error(error).into()),
    };
    let proven = Proven::now(contents.identity().clone(), sha256, contents.plain_size());
    Ok(Transcript { staging, contents, proven })
}

/// Why writing stopped. What the disk says is told with the place, which only the staging file knows.
enum Stopped {
    Broken(Broken),
    Disk(io::Error),
}

impl<E: Into<Broken>> From<E> for Stopped {
    fn from(broken: E) -> Self {
        Self::Broken(broken.into())
    }
}

/// Verifies on this thread, hashes and writes on another: both take about as long.
fn write_plain(
    file: &mut File,
    mut renamer: Renamer,
    mut next: impl FnMut() -> Result<Option<Bytes>, Error>,
) -> Result<(Contents, Digest), Stopped> {
    let (sender, pieces) = sync_channel::<Bytes>(PIECES);
    thread::scope(|scope| {
        let writer = scope.spawn(move || {
            let mut output = HashingWriter::new(file);
            for bytes in pieces {
                output.write_all(&bytes)?;
            }
            Ok::<_, io::Error>(output.finish().1)
        });
        let verify = || -> Result<Contents, Stopped> {
            while let Some(bytes) = next()? {
                let mut output = Vec::with_capacity(bytes.len());
                renamer.push(&bytes, &mut output)?;
                if sender.send(output.into()).is_err() {
                    // When the writer has given up, its own error tells why.
                    break;
                }
            }
            let mut end = Vec::new();
            let proof = renamer.finish(&mut end)?;
            let _ = sender.send(end.into());
            Ok(proof)
        };
        let proof = verify();
        drop(sender);
        let written = writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let sha256 = written.map_err(Stopped::Disk)?;
        Ok((proof?, sha256))
    })
}

/// Verifies on this thread and passes the bytes to those that compress.
fn write_zip(
    mut zip: ZipSink<&mut File>,
    mut renamer: Renamer,
    rename: impl FnOnce(&Contents) -> Option<String>,
    mut next: impl FnMut() -> Result<Option<Bytes>, Error>,
) -> Result<Contents, Stopped> {
    let mut output = Vec::new();
    while let Some(bytes) = next()? {
        renamer.push(&bytes, &mut output)?;
        zip.write_all(&output).map_err(Stopped::Disk)?;
        output.clear();
    }
    let proof = renamer.finish(&mut output)?;
    zip.write_all(&output).map_err(Stopped::Disk)?;
    if let Some(name) = rename(&proof) {
        zip.rename(&name).map_err(Stopped::Disk)?;
    }
    zip.finish().map_err(Stopped::Disk)?;
    Ok(proof)
}

/// Finds the member of a zip that was written and hashes the file. Each of its blocks was read back when it was
/// deflated; its beginning is known only now.
fn hash_zip(staging: &Staging) -> Result<Digest, Error> {
    staging.check_is_there()?;
    PlainReader::open(staging.path())?;
    Ok(hash_file(staging.path(), |_| std::ops::ControlFlow::Continue(()))?)
}
