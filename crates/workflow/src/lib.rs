//! The operations of sealift on a container engine and a folder of image archives, with one
//! function for each command.
//!
//! The main job is to save images from an engine into a folder. It needs the feature `engine`:
//!
#![cfg_attr(feature = "engine", doc = "```no_run")]
#![cfg_attr(not(feature = "engine"), doc = "```ignore")]
//! use sealift_workflow::docker::{Engine, Settings};
//! use sealift_workflow::filename::Reference;
//! use sealift_workflow::store::Store;
//! use sealift_workflow::{Run, UpdateOptions, update};
//!
//! async fn save(image: &str) -> Result<(), Box<dyn std::error::Error>> {
//!     let engine = Engine::resolve(&Settings::from_env())?;
//!     let store = Store::create("artifacts")?;
//!     let images = [Reference::parse(image)?];
//!     let options = UpdateOptions::default().with_compress(true);
//!     let report = update(&engine, &store, &images, &options, |_| {}, &Run::default()).await?;
//!     for image in report.images {
//!         println!("{}", image.result?.file.path.display());
//!     }
//!     Ok(())
//! }
//! ```
//!
//! | to | use |
//! |---|---|
//! | build an image | `build` |
//! | save images into the folder | `update`, `plan_update` |
//! | load archives into an engine | `load` |
//! | import archives of other tools | [`add`] |
//! | list, describe and find archives | [`list`], [`show`], [`diff`], [`path()`] |
//! | write an archive to a stream | [`cat`], [`cat_for`] |
//! | give an image another version | [`tag`] |
//! | verify archives | [`verify`] |
//! | remove archives | [`clean`], [`plan_clean`] |
//! | write images for clusters | [`export`], [`plan_export`] |
//! | describe the folder for other machines | [`config`], [`sums`] |
//! | transfer archives between places | `publish`, `fetch`, `serve` |
//!
//! All functions have the same form:
//!
//! ```text
//! Engine ──┐                              ┌──▶ Event, to the Reporter of the Run
//! Store  ──┼──▶ command(…, Options, Run) ─┤
//! Place  ──┘                ▲             └──▶ Report, which serializes as JSON
//!                           │
//!                         Cancel
//! ```
//!
//! Options and reports are plain values. A report serializes as the JSON document that the
//! `sealift` command prints. A [`Run`] has the [`Reporter`] that receives [`Event`]s, and the
//! [`Cancel`] flag that stops the work. The functions never print. After a cancellation the folder
//! is consistent: an archive is either complete or not there.
//!
//! Operations on the folder need no feature and no engine:
//!
//! ```
//! use sealift_workflow::store::Store;
//! use sealift_workflow::{ListOptions, Run, list};
//!
//! let folder = tempfile::tempdir()?;
//! let store = Store::create(folder.path())?;
//! let runtime = tokio::runtime::Runtime::new()?;
//! let listing = runtime.block_on(async {
//!     let options = ListOptions::default().with_only_latest(true);
//!     list(&store, &options, &Run::default()).await
//! })?;
//! for archive in &listing.archives {
//!     println!("{}", archive.file.path.display());
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//!
//! All features are opt-in. The functions with links in the table need none.
//!
//! | feature | adds |
//! |---|---|
//! | `engine` | functions that need an engine: `update`, `plan_update`, `load`, `build` |
//! | `tls` | TLS for engines and for `serve`; includes `engine` |
//! | `buildkit` | builds with BuildKit; includes `engine` |
//! | `remote` | buckets, web servers and other folders: `publish`, `plan_publish`, `fetch`, `plan_fetch`, `list_published`, `verify_published` |
//! | `serve` | an HTTP server for the folder: `serve` |
//!
//! # Runtime
//!
//! All functions need a tokio runtime. Those that connect to an engine or a server need one with
//! I/O and time enabled. Without it they panic, as tokio's own functions do. Blocking work runs on
//! the runtime's blocking threads, with one exception: when `fetch` receives a complete archive, it
//! writes each piece on the thread that polls its future. All futures are `Send`. If a future is dropped, its work stops
//! soon after, as with the [`Cancel`] flag, but without a report. The section "Cancel safety" of
//! each function describes the effects on the folder and the engine.
//!
//! The crates that this one builds on are re-exported, so that one dependency is enough.

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
