//! Tests of the published interface.

mod digest;
mod platform;
