//! Decisions about a list of container image archives.
//!
//! The list can come from a folder ([`sealift-store`](https://docs.rs/sealift-store)), a bucket, or
//! a downloaded index. An [`Entry`] contains an archive's name, the size and the time of its file,
//! and the known facts about its content. All functions are pure: they accept entries and return
//! data, and do not read, write or remove archives.
//!
//! ```text
//! Entry ──▶ latest, select                                           the archive to use
//!   │
//!   └────▶ retain, surplus                                           the archives to remove
//! Entry ─▶ Snapshot ─┐
//! engine ─▶ Wanted ──┴▶ plan ─▶ save ─▶ reconcile ─▶ removals        an update
//! ```
//!
//! ```
//! use sealift_catalog::{
//!     Action, Entry, Knowledge, KnownImage, LatestOptions, PlanOptions, Snapshot, Stat, Wanted,
//!     latest, plan,
//! };
//! use sealift_filename::{Repository, Version};
//! use sealift_oci::{Digest, Identity};
//!
//! /// Creates the entry of a verified archive, for example from the metadata of a bucket's object.
//! fn entry(version: &str, config: Digest) -> Result<Entry, Box<dyn std::error::Error>> {
//!     let identity = Identity::new(config, Vec::new(), "linux/amd64".parse()?);
//!     let archive = format!("web_{version}_{}.docker", config.image_id()).parse()?;
//!     let stat = Stat { size: 2048, modified: "2026-03-01T00:00:00Z".parse()? };
//!     let image = KnownImage::new(identity, Digest::of(b"the file"), 2048);
//!     Ok(Entry::new(archive, stat).with_knowledge(Knowledge::Image(Box::new(image))))
//! }
//!
//! let (old, new) = (Digest::of(b"old config"), Digest::of(b"new config"));
//! let entries = [entry("1.9.0.7", old)?, entry("1.10.0.7", new)?];
//! let latest = latest(&entries, &LatestOptions::default());
//! assert_eq!(latest[0].archive.name().version(), "1.10.0.7");
//!
//! // An engine has version 1.10.0.7, which should be in the list as a zip.
//! let (web, version) = (Repository::parse("web")?, Version::new("1.10.0.7"));
//! let wanted = Wanted::new(web, version, "linux/amd64".parse()?).with_config(Some(new));
//! let options = PlanOptions::default().with_compress(true);
//! let plan = plan(&Snapshot::new(entries.to_vec()), &[wanted], &options);
//! assert!(matches!(plan.items[0].action, Action::Compress { .. }));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! An archive whose content is unknown can be the latest. However, an update does not keep it
//! instead of saving an image, and nothing removes it: all removed archives are known to contain an
//! image.
//!
//! Crates whose types are part of this interface are re-exported, including [`jiff`] for
//! timestamps.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod action;
mod contenders;
pub mod display;
mod entry;
mod flaw;
mod formats;
mod keep;
mod knowledge;
mod latest;
mod latest_options;
mod other_builds;
mod plan;
mod plan_options;
mod query;
mod ranking;
mod reconcile;
mod removals;
mod retain;
mod select;
mod select_error;
mod snapshot;
mod stat;
mod state;
mod surplus;
mod wanted;

pub use action::{Action, PlanItem};
pub use entry::Entry;
pub use flaw::{Flaw, PassedOver};
pub use keep::Keep;
pub use knowledge::{Knowledge, KnownImage, Suspicion};
pub use latest::{latest, passed_over};
pub use latest_options::{By, LatestOptions};
pub use other_builds::other_builds;
pub use plan::{Plan, plan, plan_item};
pub use plan_options::PlanOptions;
pub use query::Query;
pub use reconcile::{Settled, reconcile};
pub use removals::{Outcome, Removal, removals};
pub use retain::{Retention, retain};
pub use select::{Found, Selected, select};
pub use select_error::{Ambiguous, AmbiguousChoice, Misnamed, NotFound, SelectError};
pub use snapshot::Snapshot;
pub use stat::Stat;
pub use state::ArchiveState;
pub use surplus::surplus;
pub use wanted::Wanted;

pub use jiff;
pub use sealift_archive as archive;
pub use sealift_filename as filename;
pub use sealift_oci as oci;

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
struct Readme;
