//! An engine's save on its way into a staging file, proven as it passes.

use std::fs::File;
use std::io::{self, Write};

use bytes::Bytes;
use sealift_archive::{Fault, Proof, Verifier, VerifyOptions, ZipSink};
use sealift_docker::SaveStream;
use sealift_store::Staging;
use tokio::sync::mpsc;

use crate::{Context, Error};

/// How many pieces may wait between the engine and the disk: a queue would only cost memory.
const PIECES: usize = 8;

/// In what form a save is written.
#[derive(Debug, Clone)]
pub(crate) enum Packing {
    /// As the engine sends it.
    Plain,
    /// As a zip whose member has this name.
    Zip { member_name: String },
}

/// A save that has arrived whole.
pub(crate) struct Received {
    pub(crate) staging: Staging,
    pub(crate) proof: Proof,
}

/// Writes what the engine sends into a staging file.
///
/// Whatever fails, nothing is left: the staging file goes with the error.
pub(crate) async fn receive(
    mut stream: SaveStream,
    staging: Staging,
    packing: Packing,
    rename: impl FnOnce(&Proof) -> Option<String> + Send + 'static,
    image: &str,
    context: &Context,
) -> Result<Received, ReceiveError> {
    let (sender, receiver) = mpsc::channel(PIECES);
    let writer = tokio::task::spawn_blocking(move || write(staging, &packing, rename, receiver));
    let sent = send(&mut stream, &sender, image, context).await;
    drop(sender);
    let written = match writer.await {
        Ok(written) => written,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => return Err(ReceiveError::Other(Box::new(Error::Interrupted))),
        },
    };
    match (sent, written) {
        (Err(error @ Error::Interrupted), _) => Err(ReceiveError::Other(Box::new(error))),
        // What the engine itself said last says more than that the line broke off behind it.
        (Err(_), Err(ReceiveError::Fault(fault @ Fault::Engine { .. }))) => {
            Err(ReceiveError::Fault(fault))
        }
        (Err(error), _) => Err(ReceiveError::Other(Box::new(error))),
        (Ok(()), written) => written,
    }
}

/// Why a save didn't arrive.
pub(crate) enum ReceiveError {
    /// It is damaged.
    Fault(Fault),
    /// Anything else: the line, the disk, an interrupt.
    Other(Box<Error>),
}

async fn send(
    stream: &mut SaveStream,
    sender: &mpsc::Sender<Bytes>,
    image: &str,
    context: &Context,
) -> Result<(), Error> {
    loop {
        let chunk = tokio::select! {
            chunk = stream.next_chunk() => chunk.map_err(Error::from)?,
            () = context.cancel().cancelled() => return Err(Error::Interrupted),
        };
        let Some(bytes) = chunk else { return Ok(()) };
        context.progress(image, bytes.len() as u64);
        if sender.send(bytes).await.is_err() {
            // When the writer has given up, its own error tells why.
            return Ok(());
        }
    }
}

/// Verifies and writes on a thread of its own.
///
/// When the pieces come to an end, that may be the save's or the line's: which one knows the sender. Even
/// then the verifier may have heard why.
fn write(
    mut staging: Staging,
    packing: &Packing,
    rename: impl FnOnce(&Proof) -> Option<String>,
    pieces: mpsc::Receiver<Bytes>,
) -> Result<Received, ReceiveError> {
    let file = staging.file_mut();
    let result = match packing {
        Packing::Plain => write_plain(file, pieces),
        Packing::Zip { member_name } => write_zip(file, member_name, rename, pieces),
    };
    match result {
        Ok(proof) => Ok(Received { staging, proof }),
        Err(Broken::Fault(fault)) => Err(ReceiveError::Fault(fault)),
        Err(Broken::Disk(error)) => {
            Err(ReceiveError::Other(Box::new(staging.write_error(error).into())))
        }
    }
}

fn write_plain(file: &mut File, pieces: mpsc::Receiver<Bytes>) -> Result<Proof, Broken> {
    let mut verifier = Verifier::new(VerifyOptions { deep: false, hash_stream: true });
    drain(pieces, &mut verifier, file)?;
    Ok(verifier.finish()?)
}

fn write_zip(
    file: &mut File,
    member_name: &str,
    rename: impl FnOnce(&Proof) -> Option<String>,
    pieces: mpsc::Receiver<Bytes>,
) -> Result<Proof, Broken> {
    let mut verifier = Verifier::new(VerifyOptions::default());
    let mut zip = ZipSink::new(file, member_name)?;
    drain(pieces, &mut verifier, &mut zip)?;
    let proof = verifier.finish()?;
    if let Some(name) = rename(&proof) {
        zip.rename(&name)?;
    }
    zip.finish()?;
    Ok(proof)
}

fn drain(
    mut pieces: mpsc::Receiver<Bytes>,
    verifier: &mut Verifier,
    output: &mut impl Write,
) -> Result<(), Broken> {
    while let Some(bytes) = pieces.blocking_recv() {
        verifier.push(&bytes)?;
        output.write_all(&bytes)?;
    }
    Ok(())
}

/// Why nothing came of a save on its way to the disk.
enum Broken {
    Fault(Fault),
    Disk(io::Error),
}

impl From<Fault> for Broken {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}
