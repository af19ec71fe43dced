//! Tests of the public interface, with a module for each concept.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails by panicking, as the test does")]

mod archive_name;
mod archive_path;
mod image_id;
mod messages;
mod precedence;
mod reference;
mod repository;
mod serde_text;
mod tag;
mod version;
