//! sealift-archive (crate docs follow)

mod digest;
mod error;
mod examine;
mod identity;

pub use digest::{Digest, ParseDigestError};
pub use error::{Error, Fault, FaultKind};
pub use examine::{Examination, ExamineOptions, Look, examine, look};
pub use identity::{Identity, ParsePlatformError, Platform};
