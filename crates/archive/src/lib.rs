//! sealift-archive (crate docs follow)

mod digest;
mod identity;

pub use digest::{Digest, ParseDigestError};
pub use identity::{Identity, ParsePlatformError, Platform};
