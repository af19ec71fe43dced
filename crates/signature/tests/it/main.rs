//! Signatures of the real programs, and the reasons to refuse a signature.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod certificates;
mod changed;
mod hardware;
mod keys;
mod laws;
mod minisign;
mod sign;
mod ssh_keygen;
mod verifying_key;
