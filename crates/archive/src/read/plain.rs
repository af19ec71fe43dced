//! A reader of the plain tar in an archive, for every container.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom, Take};
use std::path::Path;

use flate2::bufread::DeflateDecoder;
use sealift_oci::Digest;

use crate::codec::{Decoder, unreadable};
use crate::error::{Error, Fault};
use crate::input::Input;
use crate::read::container::Container;
use crate::read::detect::{HEAD, detect, detect_exactly, detect_nearly, ends_like_tar};
use crate::read::raw::{Count, Raw, ReadFailed};
use crate::read::zip::directory::find_member;
use crate::read::zip::member::{Member, MemberCheck, Packed};
use crate::read::zip::record::MemberError;
use crate::source::{Source, SourceReader, read_up_to};

const READ_BUFFER: usize = 128 << 10;

/// A reader of the plain tar in an archive. It detects the container and decompresses it.
///
/// It checks the checksums of the container, but does not verify the tar. For that, use
/// [`VerifiedReader`](crate::VerifiedReader) or [`Verifier`](crate::Verifier).
///
/// # Errors
///
/// The [`io::Error`] of [`Read::read`] contains an [`Error`]; `error.downcast::<Error>()` extracts
/// it.
///
/// ```
/// use std::io::Read;
/// use sealift_archive::{Error, PlainReader};
///
/// let cut_gzip = [0x1f, 0x8b, 8, 0, 0, 0];
/// let mut reader = PlainReader::new(cut_gzip.as_slice(), "the upload")?;
/// let error = reader.read_to_end(&mut Vec::new()).unwrap_err();
/// let error: Error = error.downcast().unwrap();
/// assert!(error.as_fault().is_some());
/// # Ok::<(), Error>(())
/// ```
pub struct PlainReader<R: Read = SourceReader<File>> {
    input: Input,
    container: Container,
    stored: Stored<R>,
    size: Option<u64>,
    count: Count,
    /// Whether the source ends like a tar. Always `false` for a stream, whose end is not known.
    ends_like_tar: bool,
    member_name: Option<String>,
}

/// The stored bytes with their decoder.
enum Stored<R: Read> {
    Tar(Box<Raw<R>>),
    Copied(MemberCheck, Box<Take<Raw<R>>>),
    Deflated(MemberCheck, Box<DeflateDecoder<DeflatedBytes<R>>>),
    Compressed(Decoder<BufReader<Raw<R>>>),
}

/// The stored bytes of a zip's deflated member.
type DeflatedBytes<R> = BufReader<Packed<Take<Raw<R>>>>;

impl PlainReader {
    /// Opens an archive file.
    ///
    /// # Errors
    ///
    /// Those of [`new`](Self::new), and if the file cannot be opened.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        Self::new(open_file(path)?, path)
    }
}

/// Opens a file for reading and refuses a folder.
pub(crate) fn open_file(path: &Path) -> Result<File, Error> {
    let file = File::open(path).map_err(|source| Error::io("open", path, source))?;
    let metadata = file.metadata().map_err(|source| Error::io("read", path, source))?;
    if metadata.is_dir() {
        return Err(Error::io("read", path, io::ErrorKind::IsADirectory.into()));
    }
    Ok(file)
}

impl<S: Source> PlainReader<SourceReader<S>> {
    /// Creates a reader of an archive from a source with random access. Errors name it as `input`.
    ///
    /// # Errors
    ///
    /// If the source cannot be read, is a zip that does not contain exactly one readable member, or
    /// is compressed in a format whose feature is not enabled.
    pub fn new(source: S, input: impl Into<Input>) -> Result<Self, Error> {
        Self::with_hash(source, input.into(), false)
    }

    /// Creates a reader that also hashes the stored bytes while they are read.
    pub(crate) fn hashed(source: S, input: Input) -> Result<Self, Error> {
        Self::with_hash(source, input, true)
    }

    fn with_hash(source: S, input: Input, hashed: bool) -> Result<Self, Error> {
        let failed = |source| Error::io("read", input.clone(), source);
        let mut reader = SourceReader::new(source);
        let size = reader.get_ref().size().map_err(failed)?;
        let mut head = [0; HEAD];
        let length = read_up_to(&mut reader, &mut head).map_err(failed)?;
        let container = detect(reader.get_ref(), &head[..length]).map_err(failed)?;
        let ends_like_tar =
            container == Container::Tar && ends_like_tar(reader.get_ref()).map_err(failed)?;
        let member = match container {
            Container::Zip => Some(find_member(reader.get_ref()).map_err(|error| match error {
                MemberError::Read(source) => failed(source),
                MemberError::Fault(fault) => Error::fault(input.clone(), fault),
            })?),
            _ => None,
        };
        reader.seek(SeekFrom::Start(0)).map_err(failed)?;
        let count = Count::default();
        let raw = Raw::new(Vec::new(), reader, hashed, &count);
        let member_name = member.as_ref().map(|member| member.name.clone());
        let stored = Stored::new(container, member.as_ref(), raw, &input)?;
        Ok(Self { input, container, stored, size: Some(size), count, ends_like_tar, member_name })
    }
}

impl<R: Read> PlainReader<R> {
    /// Creates a reader of an archive from a stream, such as a socket.
    ///
    /// # Errors
    ///
    /// If the stream cannot be read, or is compressed in a format whose feature is not enabled. A
    /// zip is refused, because its directory is at its end: read it into a [`Source`] first, such
    /// as a `Vec<u8>` or a temporary file.
    pub fn from_stream(mut stream: R, input: impl Into<Input>) -> Result<Self, Error> {
        let input = input.into();
        let mut head = vec![0; HEAD];
        let length = read_up_to(&mut stream, &mut head)
            .map_err(|source| Error::io("read", input.clone(), source))?;
        head.truncate(length);
        let container = detect_exactly(&head).unwrap_or_else(|| detect_nearly(&head));
        if container == Container::Zip {
            let reason = "a zip cannot be read from a stream, because its directory is at its end";
            return Err(Error::fault(input, Fault::Unsupported { reason: reason.to_owned() }));
        }
        let count = Count::default();
        let raw = Raw::new(head, stream, false, &count);
        let stored = Stored::new(container, None, raw, &input)?;
        let (size, member_name) = (None, None);
        Ok(Self { input, container, stored, size, count, ends_like_tar: false, member_name })
    }

    /// Returns the name of the archive in messages.
    pub fn input(&self) -> &Input {
        &self.input
    }

    /// Returns the container around the tar.
    pub fn container(&self) -> Container {
        self.container
    }

    /// Returns the name of a zip's member, or `None` if the archive is not a zip. Bytes that are
    /// not UTF-8 are replaced.
    pub fn member_name(&self) -> Option<&str> {
        self.member_name.as_deref()
    }

    /// Returns the number of stored bytes, or `None` for a stream.
    pub fn file_size(&self) -> Option<u64> {
        self.size
    }

    /// Returns the number of stored bytes that were read so far.
    pub fn file_bytes(&self) -> u64 {
        self.count.get()
    }

    /// Returns the counter of stored bytes, which can be read while another thread uses the reader.
    pub(crate) fn count(&self) -> Count {
        self.count.clone()
    }

    /// Converts a fault that the verifier found in the tar to an error.
    ///
    /// Content that does not look like an image can be a damaged image. Therefore the rest of a
    /// container is read to compare its checksums, and an uncompressed file that ends like a tar is
    /// reported as damaged.
    pub fn explain(&mut self, fault: Fault) -> Error {
        let is_no_image = matches!(fault, Fault::NotAnImage { .. });
        if is_no_image && matches!(self.stored, Stored::Tar(_)) && self.ends_like_tar {
            let reason = "the file ends like a tar, but does not start like one".to_owned();
            return Error::fault(self.input.clone(), Fault::BadHeader { at: 0, reason });
        }
        if is_no_image && !matches!(self.stored, Stored::Tar(_)) {
            let mut rest = BufReader::with_capacity(READ_BUFFER, &mut *self);
            if let Err(error) = io::copy(&mut rest, &mut io::sink()) {
                return Error::of_reader(error, &self.input);
            }
        }
        Error::fault(self.input.clone(), fault)
    }

    /// Reads the rest of the stored bytes and returns their number and digest. The digest is `None`
    /// unless the reader was created by [`hashed`](Self::hashed).
    pub(crate) fn finish(self) -> Result<(u64, Option<Digest>), Error> {
        let raw = match self.stored {
            Stored::Tar(raw) => *raw,
            Stored::Copied(_, take) => take.into_inner(),
            Stored::Deflated(_, decoder) => {
                decoder.into_inner().into_inner().into_inner().into_inner()
            }
            Stored::Compressed(decoder) => decoder.into_inner().into_inner(),
        };
        let digest = raw.finish().map_err(|error| {
            let (Ok(source) | Err(source)) = ReadFailed::of(error);
            Error::io("read", self.input, source)
        })?;
        Ok((self.count.get(), digest))
    }

    /// Converts an error of the input or of a decoder to one that names the archive.
    fn error(&self, error: io::Error) -> Error {
        let error = match ReadFailed::of(error) {
            Ok(source) => return Error::io("read", self.input.clone(), source),
            Err(error) => error,
        };
        let fault = match &self.stored {
            Stored::Compressed(decoder) => decoder.fault(&error),
            Stored::Tar(_) => return Error::io("read", self.input.clone(), error),
            Stored::Copied(..) | Stored::Deflated(..) => unreadable("zip", &error),
        };
        Error::fault(self.input.clone(), fault)
    }
}

impl<R: Read> Read for PlainReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.stored.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result.map_err(|error| self.error(error).into()),
            }
        }
    }
}

impl<R: Read> std::fmt::Debug for PlainReader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlainReader")
            .field("input", &self.input)
            .field("container", &self.container)
            .finish_non_exhaustive()
    }
}

impl<R: Read> Stored<R> {
    fn new(
        container: Container,
        member: Option<&Member>,
        mut raw: Raw<R>,
        input: &Input,
    ) -> Result<Self, Error> {
        if let Some(member) = member {
            io::copy(&mut raw.by_ref().take(member.start), &mut io::sink())
                .map_err(|source| Error::io("read", input.clone(), source))?;
            let bytes = raw.take(member.packed_size);
            let check = MemberCheck::new(member);
            if !member.deflated {
                return Ok(Self::Copied(check, Box::new(bytes)));
            }
            let bytes = BufReader::with_capacity(READ_BUFFER, Packed::new(bytes));
            return Ok(Self::Deflated(check, Box::new(DeflateDecoder::new(bytes))));
        }
        let Some(codec) = container.codec() else { return Ok(Self::Tar(Box::new(raw))) };
        codec.check_enabled().map_err(|fault| Error::fault(input.clone(), fault))?;
        let bytes = BufReader::with_capacity(READ_BUFFER, raw);
        let decoder = Decoder::new(codec, bytes);
        let decoder = decoder.map_err(|source| Error::io("read", input.clone(), source))?;
        Ok(Self::Compressed(decoder))
    }
}

impl<R: Read> Read for Stored<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tar(raw) => raw.read(buffer),
            Self::Copied(check, raw) => check.read(raw, buffer),
            Self::Deflated(check, decoder) => match check.read(decoder, buffer)? {
                0 if !buffer.is_empty() => {
                    check.ended_at(decoder.total_in(), decoder.get_ref().get_ref().crc())
                }
                count => Ok(count),
            },
            Self::Compressed(decoder) => decoder.read(buffer),
        }
    }
}
