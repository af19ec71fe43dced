//! The description of an archive that is sent to an engine.

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

/// An archive to send to an engine.
pub(crate) struct Outgoing {
    /// The file with the bytes.
    pub(crate) path: PathBuf,
    /// The archive's name in messages.
    pub(crate) shown: String,
    /// The name of the image in the engine.
    pub(crate) naming: Naming,
    pub(crate) reference: Reference,
    /// The options of verification, which select one image of the archive.
    pub(crate) verify: VerifyOptions,
    pub(crate) origin: Origin,
    /// Whether to send all layers, even if the engine already has them.
    pub(crate) full: bool,
    /// The cached list of the engine's images.
    pub(crate) memory: Arc<EngineMemory>,
}

/// The origin of an archive.
pub(crate) enum Origin {
    /// The folder. Other engines may need the archive at the same time.
    Folder {
        store: Store,
        archive: ArchivePath,
        shared: SharedArchive,
        records: Arc<FolderRecords>,
    },
    /// A file outside of the folder, whose contents were verified before.
    File(Arc<Archive>, Box<Contents>),
}

impl Outgoing {
    /// Opens the archive. If it has no valid record, it is read and verified.
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

    /// Returns the folder of the archive with its records, if it is in one.
    pub(crate) fn folder(&self) -> Option<(Store, Arc<FolderRecords>)> {
        match &self.origin {
            Origin::Folder { store, records, .. } => Some((store.clone(), Arc::clone(records))),
            Origin::File(..) => None,
        }
    }

    /// Returns the error for an engine that does not have the image after a load.
    pub(crate) fn not_loaded(&self, engine: &Engine) -> Error {
        Error::NotLoaded {
            archive: self.shown.clone(),
            image: self.reference.clone(),
            endpoint: engine.endpoint().to_string(),
        }
    }

    /// Creates the renamer that writes the image's name into the sent archive. The name includes
    /// the registry. Otherwise Podman would create a second tag below `localhost/`.
    pub(crate) fn renamer(&self) -> Renamer {
        let renamer = Renamer::new(self.naming.clone().qualified(), self.verify.clone());
        match &self.origin {
            Origin::File(_, contents) => renamer.only(contents),
            Origin::Folder { .. } => renamer,
        }
    }
}

/// Returns the container settings in the config of an archive's image.
pub(crate) async fn settings(opened: &Arc<Archive>, run: &Run) -> Result<Value, Error> {
    let opened = Arc::clone(opened);
    let config = run.blocking(move |_| Ok(opened.config()?)).await?;
    // The config was parsed when the archive was verified, so errors cannot occur here.
    let config = parse_document::<ImageConfig>(&config);
    Ok(config.map_or(Value::Null, |config| config.config))
}
