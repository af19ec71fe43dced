//! The archives of the folder that are published.

use std::fs::File;

use sealift_archive::{BlockIndex, ExamineOptions};
use sealift_catalog::Stat;
use sealift_filename::{ArchiveFormat, ArchivePath};
use sealift_remote::{Key, Location};
use sealift_store::Store;

use crate::config::describe::{Described, described};
use crate::config::image_config::ImageConfig;
use crate::config::options::ConfigOptions;
use crate::error::Error;
use crate::event::{Event, Work};
use crate::publish::options::PublishOptions;
use crate::published::place::key_of;
use crate::run::Run;

/// An archive that is published.
#[derive(Debug, Clone)]
pub(crate) struct LocalArchive {
    /// The image, by which configs have the entry.
    pub(crate) image: String,
    /// The entry of the new config.
    pub(crate) entry: ImageConfig,
    pub(crate) key: Key,
    /// The size and time that its file has as long as it is the one that was verified.
    pub(crate) stat: Stat,
}

impl LocalArchive {
    pub(crate) fn path(&self) -> &ArchivePath {
        &self.entry.path
    }

    /// Opens the archive's file.
    ///
    /// # Errors
    ///
    /// If it is no longer the one that was verified.
    pub(crate) fn open(&self, store: &Store) -> Result<File, Error> {
        let (file, stat) = store.open_file(self.path())?;
        match stat == self.stat {
            true => Ok(file),
            false => Err(Error::ArchiveChanged { archive: self.path().clone() }),
        }
    }

    /// Returns the block index of a zip as text, if it has one. A zip that another tool wrote is
    /// read once for it.
    pub(crate) fn blocks(&self, store: &Store, run: &Run) -> Result<Option<String>, Error> {
        if self.path().name().format() != ArchiveFormat::Zip {
            return Ok(None);
        }
        let on_bytes = |_| run.go_on();
        let options = ExamineOptions::new().with_on_bytes(&on_bytes);
        let archive = match store.open_archive(self.path(), &options) {
            Ok(archive) => archive,
            // It is an image nevertheless, of which no part can be read by itself.
            Err(sealift_store::Error::Archive(sealift_archive::Error::Fault { .. })) => {
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let table = archive.index().blocks().cloned();
        let index =
            table.and_then(|table| BlockIndex::new(self.entry.size, self.entry.sha256, table));
        Ok(index.map(|index| index.to_string()))
    }
}

/// Returns the archives that a config of the folder would name, each with its entry.
pub(crate) async fn local_archives(
    store: &Store,
    location: &Location,
    options: &PublishOptions,
    run: &Run,
) -> Result<Vec<LocalArchive>, Error> {
    let selection = ConfigOptions::default()
        .with_images(options.images.clone())
        .with_latest(options.latest.clone())
        .with_base_url(options.base_url.clone());
    let mut archives = Vec::new();
    for Described { image, mut entry, stat } in described(store, &selection, run).await? {
        let Some(key) = key_of(&entry.path) else {
            let reason = "its name has characters that no URL can have".to_owned();
            run.report(Event::LeftOut { archive: entry.path, reason });
            continue;
        };
        if options.base_url.is_none() && location.is_web() {
            entry.url = location.shown(&key);
        }
        archives.push(LocalArchive { image, entry, key, stat });
    }
    Ok(archives)
}

/// What is done with an archive, as events name it.
pub(crate) fn activity(archive: &LocalArchive, work: Work, run: &Run) -> crate::run::Activity {
    run.activity(&archive.entry.tag, work, Some(archive.entry.size))
}
