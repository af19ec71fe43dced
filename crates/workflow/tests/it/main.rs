//! Integration tests of sealift-workflow.
#![expect(clippy::unwrap_used, reason = "a test stops if it cannot continue")]

mod add;
mod buildkit;
mod carried_names;
mod clean;
mod conformance;
mod facts;
mod fetch;
mod folder;
mod hub_names;
mod immutable;
mod over_network;
mod partial;
mod peers;
mod platforms;
mod spawn;
mod stand;
mod stop;
mod suite;
mod tag;
mod verify;
