//! An archive on its way into an engine.

use std::path::PathBuf;
use std::sync::Arc;

use sealift_archive::{Archive, Contents, Naming, Renamer, VerifyOptions};
use sealift_docker::Engine;
use sealift_filename::{ArchivePath, Reference};
use sealift_oci::{ImageConfig, parse_document};
use sealift_store::Store;
use serde_json::Value;

use crate::error::Error;
use crate::load::holdings::EngineMemory;
use crate::load::known::FolderRecords;
use crate::load::open_archives::SharedArchive;
use crate::open_archive::open_archive;
use crate::run::Run;

/// An archive for an engine.
pub(crate) struct Outgoing {
    /// Where its bytes are.
    pub(crate) path: PathBuf,
    /// What it is called in messages.
    pub(crate) shown: String,
    /// The name that the engine is to have it under.
    pub(crate) naming: Naming,
    pub(crate) reference: Reference,
    /// Which image of the archive is meant.
    pub(crate) verify: VerifyOptions,
    pub(crate) origin: Origin,
    /// Sends all of it, whatever the engine has.
    pub(crate) full: bool,
    /// What is known of the engine.
    pub(crate) memory: Arc<EngineMemory>,
}

/// Where an archive comes from.
pub(crate) enum Origin {
    /// A folder. Other engines may need the archive at the same time.
    Folder {
        store: Store,
        archive: ArchivePath,
        shared: SharedArchive,
        records: Arc<FolderRecords>,
    },
    /// Elsewhere. An earlier pass over it verified these contents.
    File(Arc<Archive>, Box<Contents>),
}

impl Outgoing {
    /// Opens the archive. It is read and verified if no valid record states what it contains.
    pub(crate) async fn open(&self, run: &Run) -> Result<Arc<Archive>, Error> {
        match &self.origin {
            Origin::File(opened, _) => Ok(Arc::clone(opened)),
            Origin::Folder { store, archive, shared, .. } => {
                let open = || {
                    let (store, archive, label) =
                        (store.clone(), archive.clone(), self.reference.to_string());
                    run.blocking(move |run| {
                        open_archive(&store, &archive, &label, run).map(Arc::new)
                    })
                };
                shared.get_or_try_init(open).await.map(Arc::clone)
            }
        }
    }

    /// Returns the folder that the archive is in, with its records, if it is in one.
    pub(crate) fn folder(&self) -> Option<(Store, Arc<FolderRecords>)> {
        match &self.origin {
            Origin::Folder { store, records, .. } => Some((store.clone(), Arc::clone(records))),
            Origin::File(..) => None,
        }
    }

    /// Returns the error for an engine that does not have the image after all.
    pub(crate) fn not_loaded(&self, engine: &Engine) -> Error {
        Error::NotLoaded {
            archive: self.shown.clone(),
            image: self.reference.clone(),
            endpoint: engine.endpoint().to_string(),
        }
    }

    /// Creates what writes the archive's name into it on the way. With the registry, so that Podman
    /// makes no second tag below `localhost/`.
    pub(crate) fn renamer(&self) -> Renamer {
        let renamer = Renamer::new(self.naming.clone().qualified(), self.verify.clone());
        match &self.origin {
            Origin::File(_, contents) => renamer.only(contents),
            Origin::Folder { .. } => renamer,
        }
    }
}

/// Returns what a container of an archive's image starts with, as its config states it.
pub(crate) async fn settings(opened: &Arc<Archive>, run: &Run) -> Result<Value, Error> {
    let opened = Arc::clone(opened);
    let config = run.blocking(move |_| Ok(opened.config()?)).await?;
    // It was parsed when the archive was verified.
    let config = parse_document::<ImageConfig>(&config);
    Ok(config.map_or(Value::Null, |config| config.config))
}
