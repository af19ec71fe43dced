//! Tests of the published interface.

mod digest;
mod documents;
mod platform;
