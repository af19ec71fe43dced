//! Tests of sealift-store on folders made by code.
#![expect(clippy::unwrap_used, reason = "a test that can't go on stops")]

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
