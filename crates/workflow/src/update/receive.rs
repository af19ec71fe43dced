//! An engine's save on its way into a staging file.

use bytes::{Bytes, BytesMut};
use sealift_archive::Fault;
use sealift_docker::SaveStream;
use sealift_store::{Staged, Staging};
use tokio::sync::mpsc;

use crate::error::Error;
use crate::ingest::ingest;
use crate::run::{Activity, Run};

/// The size in bytes of a piece of what an engine sends.
const PIECE: usize = 64 << 10;
/// How many pieces may wait between the engine and the disk: a queue would only cost memory.
const PIECES: usize = 8;

/// Writes what an engine sends into a staging file.
pub(crate) async fn receive(
    mut stream: SaveStream,
    staging: Staging,
    activity: &Activity,
    run: &Run,
) -> Result<Staged, Error> {
    let (sender, mut pieces) = mpsc::channel(PIECES);
    let written = run.blocking(move |run| ingest(staging, || Ok(pieces.blocking_recv()), run));
    match tokio::join!(send(&mut stream, sender, activity, run), written) {
        (Ok(()), written) => written,
        // The pieces end too if the connection fails. Before that, the engine may have written why.
        (Err(error), Err(written)) if !matches!(error, Error::Interrupted) => {
            Err(if is_report(&written) { written } else { error })
        }
        (Err(error), _) => Err(error),
    }
}

/// Returns `true` if an engine wrote an error into its save.
fn is_report(error: &Error) -> bool {
    matches!(error, Error::Store(sealift_store::Error::Archive(error))
        if matches!(error.as_fault(), Some(Fault::Engine { .. })))
}

/// Passes on what an engine sends, in pieces of a size: engines send it in chunks of a few
/// kilobytes, and to wake another thread for each would take longer than all the rest.
async fn send(
    stream: &mut SaveStream,
    sender: mpsc::Sender<Bytes>,
    activity: &Activity,
    run: &Run,
) -> Result<(), Error> {
    let mut piece = BytesMut::with_capacity(PIECE);
    loop {
        let chunk = run.wait_for(async { Ok(stream.next_chunk().await?) }).await;
        if let Ok(Some(bytes)) = &chunk {
            piece.extend_from_slice(bytes);
            if piece.len() < PIECE {
                continue;
            }
        }
        activity.progress(piece.len() as u64);
        // If the writer has given up, its own error states why.
        if !piece.is_empty() && sender.send(piece.split().freeze()).await.is_err() {
            return Ok(());
        }
        if chunk?.is_none() {
            return Ok(());
        }
        piece.reserve(PIECE);
    }
}
