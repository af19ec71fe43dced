//! An engine's save on its way into a staging file.

use bytes::{Bytes, BytesMut};
use sealift_archive::{Contents, Fault, Renamer};
use sealift_docker::SaveStream;
use sealift_store::Staging;
use tokio::sync::mpsc;

use crate::error::Error;
use crate::run::Activity;
use crate::run::Run;
use crate::transcribe::{Broken, Packing, Transcript, transcribe};

/// The size of a piece in bytes.
const PIECE: usize = 64 << 10;
/// How many pieces may wait between the engine and the disk: a queue would only cost memory.
const PIECES: usize = 8;

/// Writes what the engine sends into a staging file.
///
/// Whatever fails, nothing is left: the staging file goes with the error.
pub(crate) async fn receive(
    mut stream: SaveStream,
    staging: Staging,
    packing: Packing,
    renamer: Renamer,
    rename: impl FnOnce(&Contents) -> Option<String> + Send + 'static,
    activity: &Activity,
    run: &Run,
) -> Result<Transcript, Broken> {
    let (sender, mut pieces) = mpsc::channel(PIECES);
    // When the pieces come to an end, that may be the save's or the line's: which one knows the sender. Even
    // then the verifier may have heard why.
    let writer = tokio::task::spawn_blocking(move || {
        transcribe(staging, &packing, renamer, rename, || Ok(pieces.blocking_recv()))
    });
    let sent = send(&mut stream, &sender, activity, run).await;
    drop(sender);
    let written = match writer.await {
        Ok(written) => written,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => return Err(Error::Interrupted.into()),
        },
    };
    match (sent, written) {
        (Err(error @ Error::Interrupted), _) => Err(error.into()),
        // What the engine itself said last says more than that the line broke off behind it.
        (Err(_), Err(Broken::Fault(fault @ Fault::Engine { .. }))) => Err(fault.into()),
        (Err(error), _) => Err(error.into()),
        (Ok(()), written) => written,
    }
}

/// Passes on what the engine sends, in pieces of a size: engines send it in chunks of a few kilobytes, and to
/// wake another thread for each would take longer than all the rest.
async fn send(
    stream: &mut SaveStream,
    sender: &mpsc::Sender<Bytes>,
    activity: &Activity,
    run: &Run,
) -> Result<(), Error> {
    let mut piece = BytesMut::with_capacity(PIECE);
    loop {
        let chunk = tokio::select! {
            chunk = stream.next_chunk() => chunk.map_err(Error::from),
            () = run.cancel().cancelled() => return Err(Error::Interrupted),
        };
        if let Ok(Some(bytes)) = &chunk {
            piece.extend_from_slice(bytes);
            if piece.len() < PIECE {
                continue;
            }
        }
        activity.progress(piece.len() as u64);
        // When the writer has given up, its own error tells why.
        if !piece.is_empty() && sender.send(piece.split().freeze()).await.is_err() {
            return Ok(());
        }
        if chunk?.is_none() {
            return Ok(());
        }
        piece.reserve(PIECE);
    }
}
