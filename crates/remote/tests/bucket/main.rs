//! Buckets on the servers that `cargo xtask test` starts.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod azure;
mod contract;
mod google;
mod s3;
mod servers;
