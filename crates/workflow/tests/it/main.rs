//! Tests of sealift-workflow.
#![expect(clippy::unwrap_used, reason = "a test that can't go on stops")]

mod conformance;
mod stand;
