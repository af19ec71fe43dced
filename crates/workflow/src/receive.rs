//! An engine's save on its way into a staging file, proven as it passes.

use std::io::Write as _;

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

/// What goes from the line to the disk.
enum Piece {
    Bytes(Bytes),
    /// The engine has ended the save as it should; without this, the line broke off.
    End,
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
            Err(_) => return Err(ReceiveError::Other(Error::Interrupted)),
        },
    };
    match (sent, written) {
        (Err(error @ Error::Interrupted), _) => Err(ReceiveError::Other(error)),
        // What the engine itself said last says more than that the line broke off behind it.
        (Err(_), Err(ReceiveError::Fault(fault @ Fault::Engine { .. }))) => {
            Err(ReceiveError::Fault(fault))
        }
        (Err(error), _) => Err(ReceiveError::Other(error)),
        (Ok(()), written) => written,
    }
}

/// Why a save didn't arrive.
pub(crate) enum ReceiveError {
    /// It is damaged.
    Fault(Fault),
    /// Anything else: the line, the disk, an interrupt.
    Other(Error),
}

impl From<Fault> for ReceiveError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

async fn send(
    stream: &mut SaveStream,
    sender: &mpsc::Sender<Piece>,
    image: &str,
    context: &Context,
) -> Result<(), Error> {
    loop {
        let chunk = tokio::select! {
            chunk = stream.next_chunk() => chunk.map_err(Error::from)?,
            () = context.cancel().cancelled() => return Err(Error::Interrupted),
        };
        let Some(bytes) = chunk else {
            // When the writer has given up, its own error tells why.
            let _ = sender.send(Piece::End).await;
            return Ok(());
        };
        context.progress(image, bytes.len() as u64);
        if sender.send(Piece::Bytes(bytes)).await.is_err() {
            return Ok(());
        }
    }
}

/// Verifies and writes on a thread of its own.
fn write(
    mut staging: Staging,
    packing: &Packing,
    rename: impl FnOnce(&Proof) -> Option<String>,
    mut pieces: mpsc::Receiver<Piece>,
) -> Result<Received, ReceiveError> {
    let hash_stream = matches!(packing, Packing::Plain);
    let mut verifier = Verifier::new(VerifyOptions { deep: false, hash_stream });
    let proof = match packing {
        Packing::Plain => {
            let file = staging.file_mut();
            let result = drain(&mut pieces, &mut verifier, |bytes| file.write_all(bytes));
            conclude(result, verifier, &staging)?
        }
        Packing::Zip { member_name } => {
            let mut zip = match ZipSink::new(staging.file_mut(), member_name) {
                Ok(zip) => zip,
                Err(error) => return Err(disk(&staging, error)),
            };
            let result = drain(&mut pieces, &mut verifier, |bytes| zip.write_all(bytes));
            let finished = match result {
                Ok(()) => {
                    let proof = verifier.finish()?;
                    let renamed = rename(&proof).map_or(Ok(()), |name| zip.rename(&name));
                    renamed.and_then(|()| zip.finish()).map(|_| proof)
                }
                result => {
                    drop(zip);
                    return conclude(result, verifier, &staging).map(|proof| Received { staging, proof });
                }
            };
            finished.map_err(|error| disk(&staging, error))?
        }
    };
    Ok(Received { staging, proof })
}

/// Why the pieces came to an end too early.
enum Broken {
    Fault(Fault),
    Disk(std::io::Error),
    Line,
}

fn drain(
    pieces: &mut mpsc::Receiver<Piece>,
    verifier: &mut Verifier,
    mut write: impl FnMut(&[u8]) -> std::io::Result<()>,
) -> Result<(), Broken> {
    while let Some(piece) = pieces.blocking_recv() {
        match piece {
            Piece::End => return Ok(()),
            Piece::Bytes(bytes) => {
                verifier.push(&bytes).map_err(Broken::Fault)?;
                write(&bytes).map_err(Broken::Disk)?;
            }
        }
    }
    Err(Broken::Line)
}

fn conclude(
    result: Result<(), Broken>,
    verifier: Verifier,
    staging: &Staging,
) -> Result<Proof, ReceiveError> {
    match result {
        // When the line broke off, the verifier may still have heard why.
        Ok(()) | Err(Broken::Line) => Ok(verifier.finish()?),
        Err(Broken::Fault(fault)) => Err(ReceiveError::Fault(fault)),
        Err(Broken::Disk(error)) => Err(disk(staging, error)),
    }
}

fn disk(staging: &Staging, error: std::io::Error) -> ReceiveError {
    ReceiveError::Other(staging.write_error(error).into())
}
