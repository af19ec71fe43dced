//! A folder of versioned container image archives.
//!
//! The folder is the database. The [name](sealift_filename::ArchiveName) of every file contains the
//! image, the version and the id; a small record beside it contains what was found inside when the
//! file was last read. Nothing else is needed to serve the folder, copy it or put it on a USB
//! stick.
//!
//! ```
//! use sealift_catalog::{Action, LatestOptions, PlanOptions, Wanted, plan};
//! use sealift_filename::{Repository, Version};
//! use sealift_oci::Digest;
//! use sealift_store::{ReadOptions, Store};
//!
//! # let parent = tempfile::tempdir()?;
//! # let root = parent.path().join("artifacts");
//! let store = Store::create(root)?;
//! let archives = store.scan()?.archives;
//! let latest =
//!     store.find_latest(&archives, &LatestOptions::default(), &ReadOptions::default())?;
//! assert!(latest.entries.is_empty());
//!
//! // What an update does is data, decided by what the folder holds…
//! let (web, version) = (Repository::parse("web")?, Version::new("1.4.0.7"));
//! let images = [(web.clone(), version.clone())];
//! let options = PlanOptions::default();
//! let snapshot = store.snapshot(&images, &options, &ReadOptions::default())?;
//! // …and by what the engine reports.
//! let image = Wanted::new(web, version, "linux/amd64".parse()?)
//!     .with_config(Some(Digest::of(b"config")));
//! let plan = plan(&snapshot, &[image], &options);
//! assert!(matches!(plan.items[0].action, Action::Save { .. }));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - **Reading.** [`Store::scan`] lists names; [`Store::entries`] adds what records say, and
//!   [`Store::examined_entries`] reads the archives that have no record. [`Store::find`] and
//!   [`Store::find_latest`] select archives; [`Store::open_archive`]
//!   opens one to read any part of it. Readers never wait, and never see half an archive.
//! - **Deciding** is the task of [`sealift_catalog`]: pure functions over entries.
//! - **Writing.** [`Store::stage`] begins a hidden file, [`Staged::publish`] makes it an archive,
//!   atomically and durably, [`Store::remove`] removes archives, [`Store::sweep`] removes what a
//!   crash left behind. [`Store::unfinished`] continues an archive that is put together over
//!   several
//!   calls. Writers hold the folder's lock only while they change what others see.
//!
//! Nothing is decided by an archive that nobody has read, and only a regular file that is known to
//! hold an image is ever removed. All functions block; the crate knows no engine and no async
//! runtime.
//!
//! The crates below are re-exported, so that one dependency is enough.
//!
//! # Platforms
//!
//! Linux and macOS. The crate compiles only for Unix, because it opens files relative to folders
//! and follows no symbolic link below the root.

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
