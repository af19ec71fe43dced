//! A folder of versioned container image archives.
//!
//! The folder is the database. The [name](sealift_filename::ArchiveName) of every file contains the
//! image, the version and the id. A small record next to it caches the content that was found when
//! the file was last read. The folder can be served by any web server, copied, or put on a USB
//! stick.
//!
//! ```
//! use sealift_catalog::{Action, LatestOptions, PlanOptions, Wanted, plan};
//! use sealift_filename::{Repository, Version};
//! use sealift_oci::Digest;
//! use sealift_store::{ReadOptions, Store};
//!
//! let parent = tempfile::tempdir()?;
//! let store = Store::create(parent.path().join("artifacts"))?;
//! let archives = store.scan()?.archives;
//! let latest =
//!     store.find_latest(&archives, &LatestOptions::default(), &ReadOptions::default())?;
//! assert!(latest.entries.is_empty());
//!
//! // The plan of an update depends on the archives in the folder…
//! let (web, version) = (Repository::parse("web")?, Version::new("1.4.0.7"));
//! let images = [(web.clone(), version.clone())];
//! let options = PlanOptions::default();
//! let snapshot = store.snapshot(&images, &options, &ReadOptions::default())?;
//! // …and on the image in the engine.
//! let image = Wanted::new(web, version, "linux/amd64".parse()?)
//!     .with_config(Some(Digest::of(b"config")));
//! let plan = plan(&snapshot, &[image], &options);
//! assert!(matches!(plan.items[0].action, Action::Save { .. }));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - **Reading.** [`Store::scan`] lists names. [`Store::entries`] adds the content of records, and
//!   [`Store::examined_entries`] also reads the archives without a valid record. [`Store::find`]
//!   and [`Store::find_latest`] select archives. [`Store::open_archive`] opens one for random
//!   access. Readers never wait, and never see an incomplete archive.
//! - **Deciding** is done by [`sealift_catalog`], with pure functions over entries.
//! - **Writing.** [`Store::stage`] creates a hidden file, and [`Staged::publish`] publishes it,
//!   atomically and durably. [`Store::remove`] removes archives, and [`Store::sweep`] removes files
//!   that a crash left behind. [`Store::unfinished`] opens an archive that is written in several
//!   calls. Writers hold the folder's lock only while they make visible changes.
//!
//! ```text
//! names  ── scan ──▶ ArchivePath ─┐
//!                                 ├─ entries ──▶ Entry ──▶ sealift_catalog: latest, plan, retain
//! records ────────────────────────┘                 ▲
//! archives ── examined_entries ─────────────────────┘
//!
//! bytes ── stage ──▶ Staging ── finish ──▶ Staged with its Proof ── publish ──▶ archive
//! ```
//!
//! Only regular files that are known to contain an image are removed. All functions block. The
//! crate needs no engine and no async runtime.
//!
//! The crates that this one builds on are re-exported, so that one dependency is enough.
//!
//! # Platforms
//!
//! The crate supports Linux and macOS. It compiles only for Unix, because it opens files relative
//! to folders and follows no symbolic link below the root.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(not(unix))]
compile_error!("sealift-store supports only Unix: it opens files relative to opened folders");

mod error;
mod fs;
mod read;
mod record;
mod record_draft;
mod record_store;
mod remembered;
mod store;
mod write;

pub use error::{Error, ErrorKind, FindError};
pub use read::options::{ReadOptions, Reading};
pub use read::parallel::in_parallel;
pub use read::scan::{Other, OtherReason, Scan};
pub use read::select::LatestArchives;
pub use store::Store;
pub use write::arriving::{Arriving, Examined};
pub use write::publish::Published;
pub use write::remove::{NotRemoved, RemovalReport, Removed};
pub use write::scratch::Scratch;
pub use write::staging::{Staged, Staging};
pub use write::sweep::{SweepReport, SweptFile};
pub use write::target_folder::{TargetFile, TargetFolder};
pub use write::unfinished::{Unfinished, UnfinishedBlocks};

pub use sealift_archive as archive;
pub use sealift_catalog as catalog;
pub use sealift_filename as filename;
pub use sealift_oci as oci;

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
struct Readme;
