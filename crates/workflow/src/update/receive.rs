//! Transfer of an engine's save into a staging file.

use bytes::{Bytes, BytesMut};
use sealift_archive::Fault;
use sealift_docker::SaveStream;
use sealift_store::{Staged, Staging};
use tokio::sync::mpsc;

use crate::error::Error;
use crate::ingest::ingest;
use crate::run::{Activity, Run};

/// The size of the pieces that are passed to the writer, in bytes.
const PIECE: usize = 64 << 10;
/// The number of pieces that can wait for the disk. More of them would only need memory.
const PIECES: usize = 8;

/// Writes the stream of an engine into a staging file.
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
        // A failed connection also ends the pieces. If the engine reported an error in the stream
        // before, that error is the cause.
        (Err(error), Err(written)) if !matches!(error, Error::Interrupted) => {
            Err(if is_report(&written) { written } else { error })
        }
        (Err(error), _) => Err(error),
    }
}

/// Returns `true` if the engine reported an error inside the stream.
fn is_report(error: &Error) -> bool {
    matches!(error, Error::Store(sealift_store::Error::Archive(error))
        if matches!(error.as_fault(), Some(Fault::Engine { .. })))
}

/// Passes on the stream of an engine in larger pieces. Engines send chunks of a few kilobytes, and
/// waking the writing thread for each of them would dominate the time.
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
        // If the writer has failed, its error is reported instead.
        if !piece.is_empty() && sender.send(piece.split().freeze()).await.is_err() {
            return Ok(());
        }
        if chunk?.is_none() {
            return Ok(());
        }
        piece.reserve(PIECE);
    }
}
