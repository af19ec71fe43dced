//! Integration tests of sealift-store.
#![expect(clippy::unwrap_used, reason = "a test stops if it cannot continue")]

mod arriving;
mod choosing;
mod folder;
mod messages;
mod opening;
mod planning;
mod publishing;
mod recording;
mod removing;
mod scanning;
mod target_folder;
mod unfinished;
