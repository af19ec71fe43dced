//! Tests of the public interface.

mod digest;
mod documents;
mod platform;
