//! Tests of sealift-catalog with entries that are created by code.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod choosing;
mod entries;
mod json;
mod planning;
mod planning_laws;
mod retaining;
mod selecting;
