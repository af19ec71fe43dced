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
//! let signers = "untrusted comment: minisign public key E7620F1842B4E81F\n\
//!                RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3\n";
//! let signature = "untrusted comment: signature from minisign secret key\n\
//!                  RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF\
//!                  /z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=\n\
//!                  trusted comment: timestamp:1633700835\tfile:test\tprehashed\n\
//!                  wLMDjy9FLAuxZ3q4NlEvkgtyhrr0gtTu6KC4KBJdITbbOeAi1zBIYo0v4iTgt8\
//!                  jJpIidRJnp94ABQkJAgAooBQ==\n";
//!
//! let signers = Signers::parse(signers.as_bytes(), &TimeZone::UTC)?;
//! let now = Timestamp::now();
//! let signer = verify(b"test", signature.as_bytes(), "file", &signers, now)?;
//! assert_eq!(signer.name, "minisign key E7620F1842B4E81F");
//!
//! let error = verify(b"other", signature.as_bytes(), "file", &signers, now).unwrap_err();
//! assert_eq!(error.kind(), VerifyErrorKind::Mismatch);
//! # Ok::<(), Box<dyn std::error::Error>>(())
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
