//! Verifies SSH signatures and minisign signatures against a file of signers, and runs `ssh-keygen`
//! or `minisign` to create them.
//!
//! ```text
//! allowed signers, or     ─ Signers::parse ─▶ Signers ─┐
//! public keys of minisign                              │
//! public keys ─ RevokedKeys::parse ─▶ RevokedKeys ─────┴─▶ verify ─▶ Signer, or VerifyError
//!                                                            ▲
//! key file ─ SigningKey::open ─▶ SigningKey ─ sign ─▶ signature
//!                                    └─ verifying_key ─▶ VerifyingKey
//! ```
//!
//! [`verify`] implements `ssh-keygen -Y verify` without running it. It reads no files: its input is
//! bytes.
//!
//! ```
//! use sealift_signature::jiff::{Timestamp, tz::TimeZone};
//! use sealift_signature::{Signers, VerifyErrorKind, verify};
//!
//! let signers = b"release@example.org ssh-ed25519 \
//!     AAAAC3NzaC1lZDI1NTE5AAAAIBjX8dRpTmN1wuqWNZbR6QubmtEqZipO+0Wnbaq5z8E0 release\n";
//! let signers = Signers::parse(signers, &TimeZone::UTC)?;
//!
//! match verify(b"content", b"no signature", "file", &signers, Timestamp::now()) {
//!     Ok(signer) => println!("signed by {signer}"),
//!     Err(error) => {
//!         assert_eq!(error.kind(), VerifyErrorKind::Malformed);
//!         assert_eq!(
//!             error.to_string(),
//!             "the signature is not valid: it does not begin with `BEGIN SSH SIGNATURE`"
//!         );
//!     }
//! }
//! # Ok::<(), sealift_signature::ParseSignersError>(())
//! ```
//!
//! - [`Signers`] is an allowed signers file of OpenSSH, or public keys of minisign.
//! - [`RevokedKeys`] is a list of keys that are refused.
//! - [`SigningKey`] is a key that creates signatures. [`SigningKey::sign`] runs
//!   `ssh-keygen -Y sign`, which supports agents and hardware keys, or `minisign -S`.
//! - [`VerifyingKey`] is the public key of a signing key.
//!
//! # Keys
//!
//! Ed25519, ECDSA with P-256 and P-384, RSA of 2048 to 8192 bits with SHA-2, both types of hardware
//! keys, and certificates for all of them are supported. P-521 and DSA are not supported.
//!
//! The crate is stricter than `ssh-keygen` in three points: a hardware key must have been touched,
//! a certificate can have no critical options except `verify-required`, and an invalid line in the
//! file of signers is an error even if another line has the key.

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
