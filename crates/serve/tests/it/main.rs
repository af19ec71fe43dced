//! Tests of sealift-serve with a folder of archives.
#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails with the reason")]

mod slow_clients;
