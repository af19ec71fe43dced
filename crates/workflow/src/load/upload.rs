//! Upload of a stream from a blocking reader into an engine.

use std::io::{self, ErrorKind, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use sealift_archive::{CompressedWriter, Compression};
use sealift_docker::{ArchiveSender, Engine, Loaded, archive_body};

use crate::error::Error;
use crate::event::Work;
use crate::reading::{FileReader, Reading};
use crate::run::{Activity, Run};

/// The number of buffers between the reader and the engine.
const PIECES: usize = 4;

/// Counters of the bytes sent to an engine, including failed uploads.
#[derive(Debug, Default)]
pub(crate) struct SentBytes {
    plain: AtomicU64,
    packed: AtomicU64,
}

impl SentBytes {
    /// Returns the number of bytes before compression.
    pub(crate) fn plain(&self) -> u64 {
        self.plain.load(Ordering::Relaxed)
    }

    /// Returns the number of bytes after compression, or `None` if they were not compressed.
    pub(crate) fn packed(&self) -> Option<u64> {
        Some(self.packed.load(Ordering::Relaxed)).filter(|packed| *packed > 0)
    }
}

/// The input side of an upload.
pub(crate) struct Pipe {
    sender: ArchiveSender,
    sent: Arc<SentBytes>,
    is_compressed: bool,
}

impl Pipe {
    /// Sends everything from a reader and returns the reader, or `None` if the engine answered
    /// before it received everything. After an error the body is left unfinished, so that the
    /// engine refuses it. The returned activity must be kept until the engine has answered.
    pub(crate) fn pump<R: FileReader>(
        self,
        reader: R,
        label: &str,
        run: &Run,
    ) -> Result<Option<(R, Activity)>, Error> {
        let mut reading = Reading::start(reader, label, Work::Loading, run);
        let sent = Arc::clone(&self.sent);
        let mut output = Output::new(self)?;
        while let Some(bytes) = reading.next()? {
            sent.plain.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            if !is_wanted(output.write(bytes))? {
                return Ok(None);
            }
        }
        Ok(is_wanted(output.finish())?.then_some((reading.reader, reading.activity)))
    }
}

/// Returns `false` if writing failed because the engine has already answered.
fn is_wanted(written: io::Result<()>) -> Result<bool, Error> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Error::Output(error)),
    }
}

/// The sink for the bytes of an upload.
enum Output {
    Plain(ArchiveSender),
    Compressed(CompressedWriter<PackedOutput>),
}

impl Output {
    fn new(pipe: Pipe) -> Result<Self, Error> {
        let Pipe { sender, sent, is_compressed } = pipe;
        Ok(match is_compressed {
            false => Self::Plain(sender),
            true => {
                let output = PackedOutput { sender, sent };
                let writer = CompressedWriter::new(output, Some(Compression::Gzip));
                Self::Compressed(writer.map_err(Error::Output)?)
            }
        })
    }

    fn write(&mut self, bytes: Bytes) -> io::Result<()> {
        match self {
            Self::Plain(sender) => sender.blocking_send(bytes).map_err(not_read),
            Self::Compressed(writer) => writer.write_all(&bytes),
        }
    }

    fn finish(self) -> io::Result<()> {
        let sender = match self {
            Self::Plain(sender) => sender,
            Self::Compressed(writer) => writer.finish()?.sender,
        };
        sender.blocking_finish();
        Ok(())
    }
}

/// A writer that sends compressed bytes and counts them.
struct PackedOutput {
    sender: ArchiveSender,
    sent: Arc<SentBytes>,
}

impl Write for PackedOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.sender.blocking_send(Bytes::copy_from_slice(bytes)).map_err(not_read)?;
        self.sent.packed.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn not_read(error: sealift_docker::BodyClosed) -> io::Error {
    io::Error::new(ErrorKind::BrokenPipe, error)
}

/// Uploads the bytes that `read` sends into an engine. Returns the engine's answer and the result
/// of `read`, or `None` if `read` returned `None`. The bytes are counted in `sent`.
///
/// Over a network the stream is compressed with gzip, which every engine supports.
pub(crate) async fn upload<T: Send + 'static>(
    engine: &Engine,
    sent: Arc<SentBytes>,
    run: &Run,
    read: impl FnOnce(Pipe, &Run) -> Result<Option<T>, Error> + Send + 'static,
) -> Result<Option<(Loaded, T)>, Error> {
    let (sender, body) = archive_body(PIECES);
    let pipe = Pipe { sender, sent, is_compressed: engine.endpoint().address.is_remote() };
    let reader = run.blocking(move |run| read(pipe, run));
    let both = async { Ok(tokio::join!(reader, engine.load(body))) };
    match run.wait_for(both).await? {
        // If both fail, the error of the reader is the cause: it aborts the upload.
        (Err(error), _) => Err(error),
        (Ok(_), Err(error)) => Err(error.into()),
        (Ok(sent), Ok(answer)) => Ok(sent.map(|sent| (answer, sent))),
    }
}
