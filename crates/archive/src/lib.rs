//! sealift-archive (crate docs follow)

mod container;
mod digest;
mod entries;
mod error;
mod examine;
mod identity;
mod judge;
mod metadata;
mod proven;
mod tar_stream;
mod verifier;
mod zip_member;
mod zip_writer;

pub use container::{Container, PlainReader};
pub use digest::{Digest, ParseDigestError};
pub use error::{Error, Fault, FaultKind};
pub use examine::{Examination, ExamineOptions, Look, examine, look};
pub use identity::{Identity, ParsePlatformError, Platform};
pub use proven::ProvenReader;
pub use verifier::{Proof, Verifier, VerifyOptions};
pub use zip_writer::ZipSink;
