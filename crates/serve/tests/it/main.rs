//! Tests of sealift-serve with a folder of archives.
#![expect(clippy::unwrap_used, reason = "a test that can't go on stops and says why")]

mod slow_clients;
