//! A folder of versioned container image archives.
//!
//! The folder is the database: every file's [name](sealift_filename::ArchiveName) says which image,
//! version and id it holds, and a small record beside it what was found inside when it was read last.
//! Nothing else is needed to serve the folder, copy it, or put it on a stick.
//!
//! ```
//! use sealift_filename::{Repository, Version};
//! use sealift_store::{Depth, LatestOptions, LearnOptions, PlanOptions, Store, plan};
//!
//! # let parent = tempfile::tempdir()?;
//! # let root = parent.path().join("artifacts");
//! let store = Store::create(root)?;
//! let archives = store.scan()?.archives;
//! let latest =
//!     store.latest(&archives, &LatestOptions::default(), Depth::Look, &LearnOptions::default())?;
//! assert!(latest.entries.is_empty());
//!
//! // What an update is going to do is data, decided by what the folder holds…
//! let images = [(Repository::parse("web")?, Version::new("1.4.0.7"))];
//! let snapshot = store.snapshot(&images, true, &LearnOptions::default())?;
//! // …and by what the engine says.
//! # let image = sealift_store::Wanted {
//! #     repository: images[0].0.clone(),
//! #     version: images[0].1.clone(),
//! #     config: Some(sealift_oci::Digest::of(b"config")),
//! #     manifests: Vec::new(),
//! #     index: None,
//! #     diff_ids: Vec::new(),
//! #     platform: "linux/amd64".parse()?,
//! # };
//! let plan = plan(&snapshot, &[image], &PlanOptions::default());
//! assert!(matches!(plan.items[0].action, sealift_store::Action::Save { .. }));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - **Reading.** [`Store::scan`] lists names; [`Store::latest`] and [`Store::find`] choose;
//!   [`Store::learn`] reads what no record tells. Readers never wait, and never see half an archive.
//! - **Deciding** is pure: [`plan`], [`reconcile`], [`removals`] and [`retain`] take data and give data.
//! - **Writing.** [`Store::stage`] begins a hidden file, [`Staging::publish`] makes it an archive at once
//!   and durably, [`Store::remove`] removes, [`Store::sweep`] clears away what a crash left. Writers
//!   hold the folder's lock only for the moments in which they change what others see.
//!
//! Nothing is decided by an archive that nobody has read, and only a regular file that is known to
//! hold an image is ever removed. Blocking; engines are none of its business.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod error;
mod fs;
mod read;
mod record;
mod record_store;
mod store;
mod write;

pub use error::{Error, ErrorKind, FindError};
pub use read::examine::{LearnOptions, Reading, wrong_member};
pub use read::scan::{Other, OtherReason, Scan};
pub use read::select::{Depth, Latest};
pub use sealift_catalog::{
    Action, Ambiguous, AmbiguousChoice, By, Entry, Flaw, Found, Keep, Knowledge, KnownImage,
    LatestOptions, Misnamed, NotFound, Outcome, PassedOver, Plan, PlanItem, PlanOptions, Query,
    Removal, Retention, Settled, Snapshot, Stat, Suspicion, Wanted, check_name, latest,
    other_builds, passed_over, plan, reconcile, removals, retain,
};
pub use store::Store;
pub use write::publish::{Proven, Published};
pub use write::remove::{RemovalReport, Removed};
pub use write::staging::Staging;
pub use write::sweep::SweepReport;

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
struct Readme;
