//! Decisions over a list of container image archives.
//!
//! The list can come from anywhere: a folder ([`sealift-store`](https://docs.rs/sealift-store)), a
//! bucket, an index that was downloaded. An [`Entry`] is an archive's name, the size and time of its
//! file, and what is known about its content. Every function here takes entries and returns data:
//! nothing is read, written or removed.
//!
//! ```
//! use sealift_oci::{Digest, Identity};
//! use sealift_catalog::{
//!     Action, Entry, Knowledge, KnownImage, LatestOptions, PlanOptions, Snapshot, Stat, Wanted,
//!     latest, plan,
//! };
//! use sealift_filename::{Repository, Version};
//!
//! /// An archive that was read before, for example the description of an object in a bucket.
//! fn entry(archive: &str, config: Digest) -> Result<Entry, Box<dyn std::error::Error>> {
//!     let identity = Identity {
//!         config,
//!         manifests: Vec::new(),
//!         indexes: Vec::new(),
//!         diff_ids: Vec::new(),
//!         platform: "linux/amd64".parse()?,
//!         created: None,
//!         repo_tags: Vec::new(),
//!     };
//!     let image = KnownImage {
//!         identity,
//!         sha256: Digest::of(archive.as_bytes()),
//!         plain_size: 1024,
//!         saved: None,
//!         changed_from: None,
//!         wrong_member: None,
//!     };
//!     Ok(Entry {
//!         archive: archive.parse()?,
//!         stat: Stat { size: 1024, modified: "2026-03-01T00:00:00Z".parse()? },
//!         is_regular: true,
//!         suspicion: None,
//!         knowledge: Some(Knowledge::Image(Box::new(image))),
//!     })
//! }
//!
//! let (old, new) = (Digest::of(b"old config"), Digest::of(b"new config"));
//! let entries = [
//!     entry(&format!("web_1.9.0.7_{}.docker", old.short()), old)?,
//!     entry(&format!("web_1.10.0.7_{}.docker", new.short()), new)?,
//! ];
//! let latest = latest(&entries, &LatestOptions::default());
//! assert_eq!(latest[0].archive.name().version(), "1.10.0.7");
//!
//! // An engine has version 1.10.0.7, and it is to be in the list as a zip.
//! let wanted = Wanted {
//!     repository: Repository::parse("web")?,
//!     version: Version::new("1.10.0.7"),
//!     config: Some(new),
//!     manifests: Vec::new(),
//!     index: None,
//!     diff_ids: Vec::new(),
//!     platform: "linux/amd64".parse()?,
//! };
//! let options = PlanOptions { compress: true, ..PlanOptions::default() };
//! let plan = plan(&Snapshot::new(entries.to_vec()), &[wanted], &options);
//! assert!(matches!(plan.items[0].action, Action::Compress { .. }));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Nothing is decided by an archive that nobody has read: it may be the latest, but it is neither kept
//! in place of an image nor removed. What is removed is always known to hold an image.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod entry;
mod find_error;
mod flaw;
mod latest;
mod other_builds;
mod plan;
mod reconcile;
mod removals;
mod retain;
mod select;
mod snapshot;
mod stat;
mod wanted;

pub use entry::{Entry, Knowledge, KnownImage, Suspicion};
pub use find_error::{Ambiguous, AmbiguousChoice, Misnamed, NotFound, SelectError};
pub use flaw::{Flaw, PassedOver};
pub use latest::{By, LatestOptions, latest, passed_over};
pub use other_builds::other_builds;
pub use plan::{Action, Plan, PlanItem, PlanOptions, plan};
pub use reconcile::{Settled, check_name, reconcile};
pub use removals::{Outcome, Removal, removals};
pub use retain::{Keep, Retention, retain};
pub use select::{Found, Query, Selection, select};
pub use snapshot::Snapshot;
pub use stat::Stat;
pub use wanted::Wanted;

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
struct Readme;
