//! What joins a container engine and a folder of image archives: update, load, list, config, clean.
//!
//! Each workflow is a function of an engine, a store, options that are plain values, and a [`Run`]
//! that says whom to tell and whom to obey. It tells what happens as [`Event`]s and never prints; it
//! stops soon after [`Cancel`] is set, and leaves the folder as it was.
//!
//! ```no_run
//! use sealift_workflow::docker::{Endpoint, Engine, Settings, Timeouts};
//! use sealift_workflow::filename::Reference;
//! use sealift_workflow::store::Store;
//! use sealift_workflow::{Run, UpdateOptions, update};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let settings = Settings::from_env();
//! let engine = Engine::new(Endpoint::resolve(&settings)?, Timeouts::default());
//! let store = Store::create("artifacts")?;
//! let images = [Reference::parse("web:1.4.0.7")?];
//! let options = UpdateOptions::default().with_compress(true);
//! let report = update(&engine, &store, &images, &options, &Run::default()).await?;
//! for image in report.images {
//!     println!("{}", image.result?.path.display());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Runtime
//!
//! The functions need a tokio runtime with I/O and time enabled; outside of one they panic, as tokio's own do. Work that blocks
//! runs on the runtime's blocking threads. All of them can be spawned.
//!
//! The crates below are re-exported, so that one dependency is enough: [`archive`], [`catalog`], [`docker`],
//! [`filename`], [`oci`], [`store`].

#![cfg_attr(docsrs, feature(doc_cfg))]

mod add;
mod build;
mod cancel;
mod clean;
mod config;
mod engine_image;
mod error;
mod event;
mod image_names;
mod immutable;
mod ingest;
mod list;
mod load;
mod naming;
mod path_text;
mod prove;
mod pump;
mod run;
mod same_config;
mod select;
mod spool;
mod sums;
mod update;
mod verify;

pub use add::{AddOptions, AddReport, Added, add};
pub use build::{build, own_files};
pub use cancel::Cancel;
pub use clean::{CleanPlan, CleanReport, CleanedArchive, SkippedArchive, clean, plan_clean};
pub use config::base_url::{BaseUrl, ParseBaseUrlError};
pub use config::{Config, ConfigOptions, ConsulKey, ImageConfig, config, consul_keys};
pub use error::{Error, ErrorKind};
pub use event::{Event, Reporter, Silent, Work};
pub use image_names::NoName;
pub use list::{LeftOut, ListOptions, ListedArchive, Listing, list};
pub use load::file::load_file;
pub use load::load;
pub use load::options::{LoadFileOptions, Selection};
pub use load::report::{ImageLoad, LoadedImage};
pub use run::Run;
pub use select::{cat, path};
pub use sums::{Sum, sums};
pub use update::options::UpdateOptions;
pub use update::plan::{ImagePlan, PlannedImage, UpdatePlan, plan_update};
pub use update::report::{ImageUpdate, RemovedArchive, UpdateReport, Updated};
pub use update::update;
pub use verify::{Covered, Verdict, VerifiedArchive, VerifyOptions, verify};

pub use sealift_archive as archive;
pub use sealift_catalog as catalog;
pub use sealift_docker as docker;
pub use sealift_filename as filename;
pub use sealift_oci as oci;
pub use sealift_store as store;

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
struct Readme;
