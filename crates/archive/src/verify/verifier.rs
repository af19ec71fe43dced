//! Verifies an archive and finds out which image it is, in one pass.

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

/// How much of the end of the stream is remembered to find an engine's last words in it.
const TAIL: usize = 16 << 10;
/// How much may still come of a report that has begun.
const REPORT_LIMIT: u64 = 8 << 10;

/// Verifies an archive while its bytes pass, in pieces of any size.
///
/// It reads plain tar in all layouts that engines write, in any order of entries, and never trusts
/// the writer: every blob is hashed, and [`finish`](Self::finish) returns the image's identity only
/// if the tar ended properly and everything that is named is there with its digest. Memory is
/// bounded whatever the size: content is hashed as it passes, and only what may be JSON metadata is
/// kept (up to 4 MiB each, 16 MiB in all).
///
/// ```
/// use sealift_archive::{Verifier, VerifyOptions};
///
/// let mut verifier = Verifier::new(VerifyOptions::default());
/// verifier.push(&[0; 1024]).unwrap(); // an empty tar: nothing but the end marker
/// let refusal = verifier.finish().unwrap_err();
/// assert_eq!(refusal.to_string(), "the archive contains nothing but zero bytes");
/// ```
#[must_use = "only `finish` returns what is verified"]
pub struct Verifier {
    tar: TarStream,
    collector: Collector,
    platform: Option<Platform>,
    received: u64,
    /// The last bytes received.
    tail: Vec<u8>,
    /// A fault that may turn out to be an engine's report once the rest has come.
    suspected: Option<Suspect>,
}

/// Takes an archive's bytes as they stand in it, entry by entry.
pub(crate) trait CopySink {
    /// Begins an entry. Its header follows. Returns how many bytes before it are not in the copy.
    fn begin(&mut self, name: &str) -> u64;
    fn raw(&mut self, part: TarSection, bytes: &[u8]);
}

/// Takes no copy.
struct NoCopy;

impl CopySink for NoCopy {
    fn begin(&mut self, _name: &str) -> u64 {
        0
    }

    fn raw(&mut self, _part: TarSection, _bytes: &[u8]) {}
}

/// Passes everything to the collector, and the raw bytes to whoever takes a copy.
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

struct Suspect {
    fault: Fault,
    /// How many bytes had come when it was found.
    received: u64,
}

/// Options of a [`Verifier`]: how thorough it is, and which of several images it takes.
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

    /// Sets whether every layer is decompressed and its diff id checked, also if a manifest names
    /// its digest.
    #[must_use]
    pub fn with_decompress_layers(mut self, decompress: bool) -> Self {
        self.decompress_layers = decompress;
        self
    }

    /// Sets the platform whose image is taken if there are several.
    #[must_use]
    pub fn with_platform(mut self, platform: impl Into<Option<Platform>>) -> Self {
        self.platform = platform.into();
        self
    }
}

impl Verifier {
    /// Begins with an empty stream.
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

    /// Takes the next bytes.
    ///
    /// # Errors
    ///
    /// As soon as the stream can't be an archive any more; nothing that comes later mends that.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.push_to(bytes, &mut NoCopy)
    }

    /// Takes the next bytes, and passes on those that stay in a copy.
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
            // An engine puts its report wherever it is when it fails. What may be one is collected
            // up to the stream's end, as it needn't be complete yet.
            Err(fault) if first == Some(b'{') || may_report(&self.tail) => {
                self.suspected = Some(Suspect { fault, received: self.received });
                Ok(())
            }
            result => result,
        }
    }

    /// Returns the byte at which the tar stops making sense.
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

    /// The number of bytes taken so far.
    pub fn bytes(&self) -> u64 {
        self.received
    }

    /// Where the tar's end marker starts, once it has been seen.
    ///
    /// A reader of the archive can do nothing with it before it has this marker, so whoever passes
    /// the bytes on holds them back from here until [`finish`](Self::finish) has said yes.
    pub fn end_marker(&self) -> Option<u64> {
        self.tar.end_marker()
    }

    /// Ends the stream and returns the verdict.
    ///
    /// # Errors
    ///
    /// The fault that was found. An error that the engine appended to the stream is given in its
    /// own words, whatever else it broke.
    pub fn finish(self) -> Result<Contents, Fault> {
        let (size, platform) = (self.received, self.platform.clone());
        let judgement = judge(&self.into_entries()?, platform.as_ref())?;
        Ok(Contents::new(judgement, size))
    }

    /// Ends the stream and returns the entries, if the tar ended properly.
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
