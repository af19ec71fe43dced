//! The archives in the folder to publish.

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

/// An archive to publish.
#[derive(Debug, Clone)]
pub(crate) struct LocalArchive {
    /// The image, which is the key of its entry in a config.
    pub(crate) image: String,
    /// The archive's entry in the new config.
    pub(crate) entry: ImageConfig,
    pub(crate) key: Key,
    /// Size and times of the file that was verified. A file with other values has changed.
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
    /// Returns an error if the file has changed since it was verified.
    pub(crate) fn open(&self, store: &Store) -> Result<File, Error> {
        let (file, stat) = store.open_file(self.path())?;
        match stat == self.stat {
            true => Ok(file),
            false => Err(Error::ArchiveChanged { archive: self.path().clone() }),
        }
    }

    /// Returns the block index of a zip as text, or `None` if the archive has none. A zip of
    /// another tool is read completely to create the index.
    pub(crate) fn blocks(&self, store: &Store, run: &Run) -> Result<Option<String>, Error> {
        if self.path().name().format() != ArchiveFormat::Zip {
            return Ok(None);
        }
        let on_bytes = |_| run.go_on();
        let options = ExamineOptions::new().with_on_bytes(&on_bytes);
        let archive = match store.open_archive(self.path(), &options) {
            Ok(archive) => archive,
            // The archive is a valid image, but its blocks cannot be read independently.
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

/// Returns the archives that a config of the folder would contain, with their entries.
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
            let reason = "its name contains characters that are not valid in a URL".to_owned();
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

/// Reports work on an archive.
pub(crate) fn activity(archive: &LocalArchive, work: Work, run: &Run) -> crate::run::Activity {
    run.activity(&archive.entry.tag, work, Some(archive.entry.size))
}
