//! The wrapping around the plain tar of an archive, told by its first bytes, never by a name.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Take};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sealift_oci::{Digest, Hasher};

use crate::error::{Error, Fault};
use crate::read::detect::{detect, ends_like_tar};
use crate::read::zip_directory::{MemberError, find_member};
use crate::read::zip_member::{MemberCheck, Packed};

/// The memory that an xz stream may ask for: enough for `xz -9`, which wants 65 MiB.
const XZ_MEMORY_KIB: u32 = 96 << 10;
/// The window of a zstd stream as a power of two: 128 MiB, the limit of zstd's own command.
pub(crate) const ZSTD_WINDOW_LOG: u32 = 27;
const READ_BUFFER: usize = 128 << 10;

/// What is around the plain tar of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Container {
    /// Nothing: the file is a tar.
    Tar,
    /// A zip with the tar as its one member.
    Zip,
    /// gzip, RFC 1952.
    Gzip,
    /// Zstandard, RFC 8878, with a window of up to 128 MiB.
    Zstd,
    /// xz, with up to 96 MiB of memory for its decoder.
    Xz,
    /// bzip2.
    Bzip2,
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Container {
    fn name(self) -> &'static str {
        match self {
            Self::Tar => "tar",
            Self::Zip => "zip",
            Self::Gzip => "gzip stream",
            Self::Zstd => "zstd stream",
            Self::Xz => "xz stream",
            Self::Bzip2 => "bzip2 stream",
        }
    }
}

pub(crate) fn read_up_to(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Reads the plain tar out of an archive file, whatever is around it.
///
/// It unwraps and checks the wrapping's own checksums, but doesn't judge the tar: that is what
/// [`Verifier`](crate::Verifier) does.
pub struct PlainReader {
    path: PathBuf,
    container: Container,
    unwrapper: Unwrapper,
    file_size: u64,
    file_bytes: Arc<AtomicU64>,
    ends_like_tar: bool,
    member_name: Option<String>,
}

enum Unwrapper {
    Plain(RawFile),
    Stored(MemberCheck, Take<RawFile>),
    Deflated(MemberCheck, flate2::bufread::DeflateDecoder<BufReader<Packed<Take<RawFile>>>>),
    Gzip(flate2::bufread::MultiGzDecoder<BufReader<RawFile>>),
    Zstd(zstd::stream::read::Decoder<'static, BufReader<RawFile>>),
    Xz(Box<lzma_rust2::XzReader<BufReader<RawFile>>>),
    Bzip2(bzip2::bufread::MultiBzDecoder<BufReader<RawFile>>),
}

impl PlainReader {
    /// Opens an archive file.
    ///
    /// # Errors
    ///
    /// Where the file can't be read, or is a zip that doesn't hold exactly one readable member.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::open_with(path.as_ref(), false)
    }

    /// Opens an archive file whose bytes are hashed too as they are read.
    pub(crate) fn open_hashed(path: &Path) -> Result<Self, Error> {
        Self::open_with(path, true)
    }

    fn open_with(path: &Path, hashed: bool) -> Result<Self, Error> {
        let io_error = |source| Error::io("read", path, source);
        let mut file = File::open(path).map_err(|source| Error::io("open", path, source))?;
        let metadata = file.metadata().map_err(io_error)?;
        if metadata.is_dir() {
            return Err(Error::io("read", path, io::Error::from(io::ErrorKind::IsADirectory)));
        }
        let container = detect(&mut file).map_err(io_error)?;
        let ends_like_tar = ends_like_tar(&mut file).map_err(io_error)?;
        file.seek(SeekFrom::Start(0)).map_err(io_error)?;
        let file_bytes = Arc::new(AtomicU64::new(0));
        let raw =
            |file| RawFile { file, hash: hashed.then(Hasher::new), bytes: Arc::clone(&file_bytes) };
        let buffered = |file| BufReader::with_capacity(READ_BUFFER, raw(file));
        let mut member_name = None;
        let unwrapper = match container {
            Container::Tar => Unwrapper::Plain(raw(file)),
            Container::Zip => {
                let member = find_member(&mut file).map_err(|error| match error {
                    MemberError::Read(source) => io_error(source),
                    MemberError::Fault(fault) => Error::fault(path, fault),
                })?;
                member_name = Some(member.name.clone());
                file.seek(SeekFrom::Start(0)).map_err(io_error)?;
                let mut raw = raw(file);
                io::copy(&mut raw.by_ref().take(member.start), &mut io::sink())
                    .map_err(io_error)?;
                let bytes = raw.take(member.packed_size);
                if member.deflated {
                    let bytes = BufReader::with_capacity(READ_BUFFER, Packed::new(bytes));
                    let decoder = flate2::bufread::DeflateDecoder::new(bytes);
                    Unwrapper::Deflated(MemberCheck::new(&member), decoder)
                } else {
                    Unwrapper::Stored(MemberCheck::new(&member), bytes)
                }
            }
            Container::Gzip => {
                Unwrapper::Gzip(flate2::bufread::MultiGzDecoder::new(buffered(file)))
            }
            Container::Zstd => {
                let mut decoder =
                    zstd::stream::read::Decoder::with_buffer(buffered(file)).map_err(io_error)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG).map_err(io_error)?;
                Unwrapper::Zstd(decoder)
            }
            Container::Xz => Unwrapper::Xz(Box::new(lzma_rust2::XzReader::new_mem_limit(
                buffered(file),
                true,
                XZ_MEMORY_KIB,
            ))),
            Container::Bzip2 => {
                Unwrapper::Bzip2(bzip2::bufread::MultiBzDecoder::new(buffered(file)))
            }
        };
        Ok(Self {
            path: path.to_owned(),
            container,
            unwrapper,
            file_size: metadata.len(),
            file_bytes,
            ends_like_tar,
            member_name,
        })
    }

    /// The file that is read.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is around the tar.
    pub fn container(&self) -> Container {
        self.container
    }

    /// Returns the name of a zip's member. Bytes that are not UTF-8 are replaced.
    pub fn member_name(&self) -> Option<&str> {
        self.member_name.as_deref()
    }

    /// The size of the file in bytes.
    pub fn file_size(&self) -> u64 {
        self.file_size
    }

    /// How many bytes of the file were read so far.
    pub fn file_bytes(&self) -> u64 {
        self.file_bytes.load(Ordering::Relaxed)
    }

    /// Reads some bytes of the plain tar; 0 is its end.
    ///
    /// # Errors
    ///
    /// Where the file can't be read, or its wrapping is damaged.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        loop {
            let result = match &mut self.unwrapper {
                Unwrapper::Plain(raw) => raw.read(buffer),
                Unwrapper::Stored(check, raw) => check.read(raw, buffer),
                Unwrapper::Deflated(check, decoder) => {
                    check.read(decoder, buffer).and_then(|count| match count {
                        0 if !buffer.is_empty() => {
                            check.ended_at(decoder.total_in(), decoder.get_ref().get_ref().crc())
                        }
                        count => Ok(count),
                    })
                }
                Unwrapper::Gzip(decoder) => decoder.read(buffer),
                Unwrapper::Zstd(decoder) => decoder.read(buffer),
                Unwrapper::Xz(decoder) => decoder.read(buffer),
                Unwrapper::Bzip2(decoder) => decoder.read(buffer),
            };
            match result {
                Ok(count) => return Ok(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.error(error)),
            }
        }
    }

    /// Returns the error for a fault that was found in the content.
    ///
    /// If the content looks as if it were no archive, the file may be damaged all the same: its
    /// wrapping is read to its end for that, as it has checksums, and a file that ends as a tar does was one.
    pub fn explain(&mut self, fault: Fault) -> Error {
        if !matches!(fault, Fault::NotAnImage { .. }) {
            return Error::fault(&self.path, fault);
        }
        if self.container == Container::Tar {
            let reason = "the file ends as a tar does".to_owned();
            return Error::fault(
                &self.path,
                match self.ends_like_tar {
                    true => Fault::BadHeader { at: 0, reason },
                    false => fault,
                },
            );
        }
        let mut buffer = vec![0; READ_BUFFER];
        loop {
            match self.read(&mut buffer) {
                Ok(0) => return Error::fault(&self.path, fault),
                Ok(_) => {}
                Err(error) => return error,
            }
        }
    }

    /// Reads what is left of the file and gives the digest of all of it, where it was opened so.
    pub(crate) fn finish(self) -> Result<(u64, Option<Digest>), Error> {
        let mut raw = match self.unwrapper {
            Unwrapper::Plain(raw) => raw,
            Unwrapper::Stored(_, take) => take.into_inner(),
            Unwrapper::Deflated(_, decoder) => {
                decoder.into_inner().into_inner().into_inner().into_inner()
            }
            Unwrapper::Gzip(decoder) => decoder.into_inner().into_inner(),
            Unwrapper::Zstd(decoder) => decoder.finish().into_inner(),
            Unwrapper::Xz(decoder) => decoder.into_inner().into_inner(),
            Unwrapper::Bzip2(decoder) => decoder.into_inner().into_inner(),
        };
        io::copy(&mut raw, &mut io::sink())
            .map_err(|source| Error::io("read", &self.path, source))?;
        let size = raw.bytes.load(Ordering::Relaxed);
        Ok((size, raw.hash.map(Hasher::finish)))
    }

    /// Tells the disk's errors from the decoders'.
    fn error(&self, error: io::Error) -> Error {
        if error.get_ref().is_some_and(|inner| inner.is::<ReadFailed>()) {
            return Error::io("read", &self.path, error);
        }
        let container = self.container.name();
        let too_much = match self.container {
            Container::Xz if error.kind() == io::ErrorKind::OutOfMemory => {
                Some(("memory", u64::from(XZ_MEMORY_KIB >> 10)))
            }
            Container::Zstd if error.to_string().contains("memory") => {
                Some(("window", 1 << (ZSTD_WINDOW_LOG - 20)))
            }
            _ => None,
        };
        if let Some((what, mebibytes)) = too_much {
            let what = format!("the {what} that its {container} wants");
            let limit = format!("{mebibytes} MiB");
            return Error::fault(&self.path, Fault::LimitExceeded { what, limit });
        }
        let reason = match error.kind() {
            io::ErrorKind::UnexpectedEof => "it ends too early".to_owned(),
            _ => error.to_string(),
        };
        Error::fault(&self.path, Fault::BadContainer { container, reason })
    }
}

/// The file itself: counts and hashes what is read from it.
struct RawFile {
    file: File,
    hash: Option<Hasher>,
    bytes: Arc<AtomicU64>,
}

/// Marks an error as the disk's, on its way through a decoder.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct ReadFailed(io::Error);

impl Read for RawFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self
            .file
            .read(buffer)
            .map_err(|error| io::Error::new(error.kind(), ReadFailed(error)))?;
        if let Some(hash) = &mut self.hash {
            hash.update(&buffer[..count]);
        }
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
