//! The verifier, which verifies an archive and identifies its image in one pass.

use crate::contents::Contents;
use crate::error::Fault;
use crate::verify::collector::Collector;
use crate::verify::completeness::{Ending, check_complete};
use crate::verify::entries::Entries;
use crate::verify::judge::judge;
use crate::verify::report::{last_report, may_report};
use crate::verify::tar_sink::{EntryHeader, EntrySink, TarSection};
use crate::verify::tar_stream::TarStream;
use sealift_oci::Platform;

/// The number of bytes at the end of the stream that are searched for an error report.
const TAIL: usize = 16 << 10;
/// The maximum number of bytes that are accepted after the suspected start of an error report.
const REPORT_LIMIT: u64 = 8 << 10;

/// Verifies the plain tar of an archive, which the caller pushes in pieces of any size.
///
/// It supports all layouts that engines write, with entries in any order. It does not trust the
/// writer: all content is hashed, and [`finish`](Self::finish) returns the image's identity only if
/// the tar is complete and every part to which the image refers is present and has its digest.
///
/// Memory is bounded. Content is hashed while it is read, and only files that can be JSON metadata
/// are kept (up to 4 MiB each, 16 MiB in all).
///
/// ```
/// use sealift_archive::{Verifier, VerifyOptions};
///
/// let mut verifier = Verifier::new(VerifyOptions::default());
/// verifier.push(&[0; 1024]).unwrap(); // an empty tar, which is only an end marker
/// let refusal = verifier.finish().unwrap_err();
/// assert_eq!(refusal.to_string(), "the archive contains only zero bytes");
/// ```
#[must_use = "only `finish` returns what is verified"]
pub struct Verifier {
    tar: TarStream,
    collector: Collector,
    platform: Option<Platform>,
    received: u64,
    /// The last bytes of the stream.
    tail: Vec<u8>,
    /// A fault that an engine's error report may have caused. The rest of the stream will show it.
    suspected: Option<Suspect>,
}

/// A receiver of an archive's bytes that can copy some of its entries.
pub(crate) trait CopySink {
    /// Starts an entry, whose headers follow. Returns the number of bytes before it that were not
    /// copied.
    fn begin(&mut self, name: &str) -> u64;
    fn raw(&mut self, part: TarSection, bytes: &[u8]);
}

/// A receiver that copies nothing.
struct NoCopy;

impl CopySink for NoCopy {
    fn begin(&mut self, _name: &str) -> u64 {
        0
    }

    fn raw(&mut self, _part: TarSection, _bytes: &[u8]) {}
}

/// Passes entries to the collector and the bytes of the archive to a copy. The collector gets the
/// offsets in the copy.
struct Tee<'a, C> {
    collector: &'a mut Collector,
    copy: &'a mut C,
}

impl<C: CopySink> EntrySink for Tee<'_, C> {
    fn begin(&mut self, mut header: EntryHeader) -> Result<(), Fault> {
        let left_out = self.copy.begin(&header.name);
        header.offset = header.offset.map(|offset| offset - left_out);
        self.collector.begin(header)
    }

    fn content(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.collector.content(bytes)
    }

    fn end(&mut self) -> Result<(), Fault> {
        self.collector.end()
    }

    fn raw(&mut self, part: TarSection, bytes: &[u8]) {
        self.copy.raw(part, bytes);
    }
}

/// A fault that an engine's error report may have caused.
struct Suspect {
    fault: Fault,
    /// The number of bytes that were received when the fault was found.
    received: u64,
}

/// Options of a [`Verifier`].
///
/// ```
/// use sealift_archive::VerifyOptions;
/// use sealift_oci::Platform;
///
/// let platform: Platform = "linux/arm64".parse()?;
/// let options = VerifyOptions::new().with_decompress_layers(true).with_platform(platform);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct VerifyOptions {
    decompress_layers: bool,
    pub(crate) platform: Option<Platform>,
}

impl VerifyOptions {
    /// Creates the default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets whether the diff id of every layer is verified by decompressing the layer. By default,
    /// a compressed layer is verified by the digest that a manifest states, if there is one.
    #[must_use]
    pub fn with_decompress_layers(mut self, decompress: bool) -> Self {
        self.decompress_layers = decompress;
        self
    }

    /// Sets the platform of the image to select if the archive contains several.
    #[must_use]
    pub fn with_platform(mut self, platform: impl Into<Option<Platform>>) -> Self {
        self.platform = platform.into();
        self
    }
}

impl Verifier {
    /// Creates a verifier at the start of a tar.
    pub fn new(options: VerifyOptions) -> Self {
        Self {
            tar: TarStream::new(),
            collector: Collector::new(options.decompress_layers),
            platform: options.platform,
            received: 0,
            tail: Vec::new(),
            suspected: None,
        }
    }

    /// Reads the next bytes of the tar.
    ///
    /// # Errors
    ///
    /// The first fault in the structure of the tar. The archive cannot become valid after that.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.push_to(bytes, &mut NoCopy)
    }

    /// Reads the next bytes and passes them to `copy`.
    pub(crate) fn push_to(&mut self, bytes: &[u8], copy: &mut impl CopySink) -> Result<(), Fault> {
        let start = self.received;
        self.received += bytes.len() as u64;
        if let Some(Suspect { fault, received }) = &self.suspected {
            if self.received - received > REPORT_LIMIT {
                return Err(fault.clone());
            }
            self.remember(bytes);
            return Ok(());
        }
        let mut sink = Tee { collector: &mut self.collector, copy };
        let result = self.tar.push(bytes, &mut sink);
        let first = result.as_ref().err().and_then(|fault| self.first_byte(fault, start, bytes));
        self.remember(bytes);
        match result {
            // An engine that fails appends its report at the current position, which can be within
            // an entry. If this looks like a report, the rest of the stream is collected, because
            // the report may not be complete yet.
            Err(fault) if first == Some(b'{') || may_report(&self.tail) => {
                self.suspected = Some(Suspect { fault, received: self.received });
                Ok(())
            }
            result => result,
        }
    }

    /// Returns the byte at which the tar became invalid.
    fn first_byte(&self, fault: &Fault, start: u64, bytes: &[u8]) -> Option<u8> {
        let at = match fault {
            Fault::BadHeader { at, .. } | Fault::TrailingData { at } | Fault::Padding { at } => *at,
            Fault::NotAnImage { .. } => 0,
            _ => return None,
        };
        match at.checked_sub(start) {
            Some(after) => bytes.get(usize::try_from(after).ok()?).copied(),
            None => {
                let before = usize::try_from(start - at).ok()?;
                self.tail.get(self.tail.len().checked_sub(before)?).copied()
            }
        }
    }

    /// Returns the number of bytes that were received so far.
    pub fn bytes(&self) -> u64 {
        self.received
    }

    /// Returns the offset of the tar's end marker, or `None` before it was received.
    ///
    /// Receivers accept an archive only after this marker. A program that passes the bytes on
    /// should withhold those from this offset on until [`finish`](Self::finish) has succeeded.
    pub fn end_marker(&self) -> Option<u64> {
        self.tar.end_marker()
    }

    /// Verifies the complete archive and returns its contents.
    ///
    /// # Errors
    ///
    /// The fault that was found. If the engine appended an error report to the stream, this is
    /// [`Fault::Engine`] with its message, even if other faults were found.
    pub fn finish(self) -> Result<Contents, Fault> {
        let (size, platform) = (self.received, self.platform.clone());
        let judgement = judge(&self.into_entries()?, platform.as_ref())?;
        Ok(Contents::new(judgement, size))
    }

    /// Returns the collected entries, if the tar is complete.
    pub(crate) fn into_entries(self) -> Result<Entries, Fault> {
        let structure = match self.suspected {
            Some(suspect) => Err(suspect.fault),
            None => self.tar.finish(),
        };
        if let Err(fault) = structure {
            return Err(last_report(&self.tail, self.received).unwrap_or(fault));
        }
        let size = self.tar.offset();
        let zeros = size - self.tar.end_marker().unwrap_or(size);
        let last = self.collector.last().map(str::to_owned);
        let entries = self.collector.into_entries();
        check_complete(&entries, Ending { last: last.as_deref(), size, zeros })?;
        self.tar.oddity().map_or(Ok(entries), |fault| Err(fault.clone()))
    }

    fn remember(&mut self, bytes: &[u8]) {
        let kept = &bytes[bytes.len().saturating_sub(TAIL)..];
        let room = TAIL - kept.len();
        let excess = self.tail.len().saturating_sub(room);
        self.tail.drain(..excess);
        self.tail.extend_from_slice(kept);
    }
}
