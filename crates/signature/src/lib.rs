//! Verifies SSH signatures and minisign signatures against a file of signers, and lets `ssh-keygen`
//! and `minisign` make them.
//!
//! [`verify`] is pure: bytes in, a [`Signer`] or a [`VerifyError`] out. It implements what
//! `ssh-keygen -Y verify` does, without running it:
//!
//! ```
//! use sealift_signature::jiff::{Timestamp, tz::TimeZone};
//! use sealift_signature::{Signers, verify};
//!
//! let signers = b"release@example.org ssh-ed25519 \
//!     AAAAC3NzaC1lZDI1NTE5AAAAIBjX8dRpTmN1wuqWNZbR6QubmtEqZipO+0Wnbaq5z8E0 release\n";
//! let signers = Signers::parse(signers, &TimeZone::UTC)?;
//!
//! let error = verify(b"content", b"no signature", "file", &signers, Timestamp::now());
//! assert_eq!(
//!     error.unwrap_err().to_string(),
//!     "the signature is not valid: it does not begin with `BEGIN SSH SIGNATURE`"
//! );
//! # Ok::<(), sealift_signature::ParseSignersError>(())
//! ```
//!
//! - [`Signers`] is an allowed signers file of OpenSSH, or a public key of minisign.
//! - [`RevokedKeys`] are keys that are refused.
//! - [`SigningKey`] names the key that [`SigningKey::sign`] makes a signature with. It runs
//!   `ssh-keygen -Y sign`, so that agents and hardware keys work, or `minisign -S`.
//! - [`VerifyingKey`] is its public key.
//!
//! SSH keys may be Ed25519, ECDSA on P-256 and P-384, RSA of 2048 to 8192 bits with SHA-2, both kinds
//! of hardware keys, and each of them with a certificate. P-521 and DSA are not supported.
//!
//! It is stricter than `ssh-keygen` in three points: a hardware key must have been touched, a
//! certificate may not have critical options other than `verify-required`, and a line of the file
//! of signers that is not valid is an error even if another line has the key.

#[cfg(not(unix))]
compile_error!("sealift-signature needs Unix: it runs ssh-keygen and minisign on a terminal");

mod allowed_signers;
mod armor;
mod certificate;
mod error;
mod key_text;
mod minisign;
mod parse_error;
mod pattern;
mod public_key;
mod raw_signature;
mod revoked;
mod sign;
mod signer_options;
mod signers;
mod ssh_signature;
mod time;
mod verify;
mod verifying_key;
mod wire;

pub use error::{VerifyError, VerifyErrorKind};
pub use parse_error::ParseSignersError;
pub use revoked::RevokedKeys;
pub use sign::{SignError, SigningKey};
pub use signers::{Format, Signers};
pub use verify::{Signer, format_of, key_of, verify};
pub use verifying_key::VerifyingKey;

pub use jiff;

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
struct Readme;
