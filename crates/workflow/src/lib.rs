//! The operations of sealift on a container engine and a folder of image archives, one function for
//! each: `update` and `load` move images between the two, [`add`], [`tag`], [`list`], [`show`], [`diff`], [`path()`], [`cat`],
//! [`verify`] and [`clean`] work on the folder, [`export`] puts images into clusters, [`config`]
//! and [`sums`] describe the folder for the machines that fetch from it.
//!
//! Each function takes a store, options that are plain values, and a [`Run`]: it reports what
//! happens as [`Event`]s, never prints, and stops soon after its [`Cancel`] flag is set. The folder
//! is then as it was. Results are plain values that serialise as the JSON documents of the command.
//!
//! ```
//! use sealift_workflow::store::Store;
//! use sealift_workflow::{ListOptions, Run, list};
//!
//! # let folder = tempfile::tempdir()?;
//! # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
//! # runtime.block_on(async {
//! let store = Store::create(folder.path())?;
//! let options = ListOptions::default().with_only_latest(true);
//! let listing = list(&store, &options, &Run::default()).await?;
//! for archive in &listing.archives {
//!     println!("{}", archive.file.path.display());
//! }
//! # assert!(listing.archives.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//!
//! None is on by default, and the functions above need none.
//!
//! | feature | adds |
//! |---|---|
//! | `engine` | what needs an engine: `update`, `plan_update`, `load`, `build` |
//! | `tls` | engines with TLS, and TLS of `serve`; includes `engine` |
//! | `buildkit` | builds by BuildKit; includes `engine` |
//! | `remote` | what reads from and writes to buckets, web servers and other folders: `publish`, `plan_publish`, `fetch`, `plan_fetch`, `list_published`, `verify_published` |
//! | `serve` | what serves the folder over HTTP: `serve` |
//!
//! # Runtime
//!
//! The functions need a tokio runtime, and those that talk to an engine one with I/O and time
//! enabled; without it they panic, as tokio's own functions do. Work that blocks runs on the
//! runtime's blocking threads. All futures are `Send`. Dropping one stops its work soon after, as
//! the [`Cancel`] flag does, but without a report; what that means for the folder and the engine is
//! documented with each function as "Cancel safety".
//!
//! The crates below are re-exported, so that one dependency is enough.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod add;
mod archive_file;
#[cfg(feature = "engine")]
mod build;
mod cancel;
mod cat;
mod clean;
mod config;
mod diff;
#[cfg(feature = "engine")]
mod engine_image;
mod error;
mod event;
mod export;
#[cfg(feature = "remote")]
mod fetch;
mod hex_text;
mod image_names;
mod immutable;
mod ingest;
mod list;
#[cfg(feature = "engine")]
mod load;
mod naming;
mod open_archive;
mod outcome;
mod path;
mod path_text;
#[cfg(feature = "remote")]
mod publish;
#[cfg(feature = "remote")]
mod published;
mod published_layout;
mod reading;
mod real_path;
mod report_list;
mod run;
#[cfg(feature = "engine")]
mod same_config;
mod select;
#[cfg(feature = "serve")]
mod serve;
mod setters;
mod settle;
mod show;
mod spool;
mod stored_archive;
mod sums;
mod sums_text;
mod tag;
mod trust;
#[cfg(feature = "engine")]
mod update;
mod verify;

pub use add::{AddOptions, AddReport, Added, add};
pub use archive_file::ArchiveFile;
#[cfg(feature = "engine")]
pub use build::{build, own_files};
pub use cancel::Cancel;
pub use cat::{cat, cat_for};
pub use clean::report::{CleanPlan, CleanReport, CleanedArchive, SkippedArchive};
pub use clean::{clean, plan_clean};
pub use config::base_url::{BaseUrl, ParseBaseUrlError, ParseBaseUrlErrorKind};
pub use config::config;
pub use config::consul::{CONSUL_PREFIX, ConsulKey, consul_keys};
pub use config::image_config::{Config, ImageConfig};
pub use config::options::ConfigOptions;
pub use config::read::{MAX_CONFIG_SIZE, ParseConfigError, PublishedConfig};
pub use diff::diff;
pub use diff::report::{
    Aspect, Differences, FileChange, FileDifference, LayerChange, LayerDifference,
};
pub use diff::tree::{FileFacts, FileKind};
pub use error::Error;
pub use error::kind::ErrorKind;
pub use error::no_name::NoName;
pub use event::{Event, Reporter, Silent, Work};
pub use export::cluster::{Cluster, ExportForm, ParseClusterError, UnsupportedCompression};
pub use export::options::ExportOptions;
pub use export::report::{ExportReport, ExportedImage, ImageExport, RemovedExport, SkippedExport};
pub use export::{export, plan_export};
#[cfg(feature = "remote")]
pub use fetch::options::FetchOptions;
#[cfg(feature = "remote")]
pub use fetch::report::{
    FetchPlan, FetchReport, FetchTransfer, FetchedConfig, FetchedImage, ImageFetch, PlannedFetch,
};
#[cfg(feature = "remote")]
pub use fetch::{fetch, plan_fetch};
pub use list::list;
pub use list::listing::{LeftOut, ListOptions, ListedArchive, Listing};
#[cfg(feature = "engine")]
pub use load::engine_load::{EngineLoad, EngineName};
#[cfg(feature = "engine")]
pub use load::load;
#[cfg(feature = "engine")]
pub use load::loaded_image::LoadedImage;
#[cfg(feature = "engine")]
pub use load::request::LoadRequest;
#[cfg(feature = "engine")]
pub use load::transfer::Transfer;
pub use path::path;
#[cfg(feature = "remote")]
pub use publish::options::PublishOptions;
#[cfg(feature = "remote")]
pub use publish::report::{
    PublishAction, PublishReport, PublishedArchive, RemovedObject, WrittenConfig,
};
#[cfg(feature = "remote")]
pub use publish::{plan_publish, publish};
#[cfg(feature = "remote")]
pub use published::list::list_published;
#[cfg(feature = "remote")]
pub use published::place::PublishedPlace;
#[cfg(feature = "remote")]
pub use published::report::{Beside, PublishedListing, VerifiedObject, VerifiedPlace};
#[cfg(feature = "remote")]
pub use published::verify::{VerifyPlaceOptions, verify_published};
pub use published_layout::{
    BLOCKS_SUFFIX, CONFIG_NAME, MAX_BLOCKS_SIZE, MAX_SUMS_SIZE, SUMS_NAME, blocks_path,
    signed_sums_name,
};
pub use run::Run;
pub use select::selection::Selection;
#[cfg(feature = "serve")]
pub use serve::options::{Listen, ServeOptions};
#[cfg(feature = "serve")]
pub use serve::report::Serving;
#[cfg(feature = "serve")]
pub use serve::serve;
pub use show::report::{HistoryStep, ShownArchive, ShownLayer};
pub use show::show;
pub use stored_archive::StoredArchive;
pub use sums::{Sum, sums};
pub use tag::{Tagged, tag};
pub use trust::error::TrustError;
#[cfg(feature = "remote")]
pub use trust::signer::ConfigSigner;
pub use trust::{SIGNATURE_NAMESPACE, Trust};
#[cfg(feature = "engine")]
pub use update::options::UpdateOptions;
#[cfg(feature = "engine")]
pub use update::plan::{ImagePlan, PlannedImage, UpdatePlan, plan_update};
#[cfg(feature = "engine")]
pub use update::report::{ImageUpdate, RemovedArchive, UpdateReport, Updated};
#[cfg(feature = "engine")]
pub use update::update;
pub use verify::options::VerifyFolderOptions;
pub use verify::verdict::{Covered, Verdict, VerifiedArchive};
pub use verify::verify;

pub use sealift_archive as archive;
pub use sealift_catalog as catalog;
#[cfg(feature = "engine")]
pub use sealift_docker as docker;
pub use sealift_filename as filename;
pub use sealift_oci as oci;
#[cfg(feature = "remote")]
pub use sealift_remote as remote;
#[cfg(feature = "serve")]
pub use sealift_serve as server;
pub use sealift_signature as signature;
pub use sealift_store as store;

#[doc = include_str!("../README.md")]
#[cfg(all(doctest, feature = "engine"))]
struct Readme;
