//! Opening of archives for random access.

use std::fs::File;

use sealift_archive::{Archive, ArchiveIndex, ExamineOptions, Fault};
use sealift_catalog::Stat;
use sealift_filename::ArchivePath;

use crate::error::Error;
use crate::store::Store;

impl Store {
    /// Opens an archive for random access, with the index in its record.
    ///
    /// If there is no valid record with an index, the archive is first examined with the given
    /// options and recorded. If the blocks of a zip are not recorded, the zip is decompressed to
    /// find them, and they are recorded as well. So both happen once for each archive. The
    /// exception is a zip whose blocks depend on each other: it is decompressed each time up to the
    /// first such block. Use [`open_for_one_pass`](Self::open_for_one_pass) to avoid this.
    ///
    /// ```no_run
    /// use sealift_store::Store;
    /// use sealift_store::archive::ExamineOptions;
    ///
    /// let store = Store::open("artifacts")?;
    /// let web = "web_1.4.0.7_91e8e311933e.zip".parse()?;
    /// let archive = store.open_archive(&web, &ExamineOptions::default())?;
    /// println!("{} layers", archive.layers().len());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the archive does not exist, cannot be read, is damaged or contains no
    /// image, or if the caller cancels the operation.
    pub fn open_archive(
        &self,
        archive: &ArchivePath,
        options: &ExamineOptions<'_>,
    ) -> Result<Archive, Error> {
        let (mut opened, stat) = self.open_with_index(archive, options)?;
        let is_known = opened.index().blocks().is_some();
        opened.find_blocks(options)?;
        if let (false, Some(blocks)) = (is_known, opened.index().blocks()) {
            self.record_blocks(archive, stat, blocks);
        }
        Ok(opened)
    }

    /// Opens an archive like [`open_archive`](Self::open_archive), but without searching for blocks
    /// that are not recorded. This is faster if the archive is read in the order of its plain tar.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`open_archive`](Self::open_archive).
    pub fn open_for_one_pass(
        &self,
        archive: &ArchivePath,
        options: &ExamineOptions<'_>,
    ) -> Result<Archive, Error> {
        Ok(self.open_with_index(archive, options)?.0)
    }

    fn open_with_index(
        &self,
        archive: &ArchivePath,
        options: &ExamineOptions<'_>,
    ) -> Result<(Archive, Stat), Error> {
        let (file, stat) = self.open_file(archive)?;
        if let Some(opened) = self.with_recorded_index(archive, &file, stat)? {
            return Ok((opened, stat));
        }
        let fault = match self.examine_and_record(archive, &file, stat, options, false)? {
            Ok(record) => {
                let fault = match record.no_image() {
                    Some(reason) => Fault::NotAnImage { reason: reason.to_owned() },
                    None => {
                        let reason = "its config is stored as a sparse file".to_owned();
                        Fault::Unsupported { reason }
                    }
                };
                match record.into_index() {
                    Some(index) => return Ok((self.with_index(archive, &file, index)?, stat)),
                    None => fault,
                }
            }
            Err(fault) => fault,
        };
        let input = self.path_of(archive).into();
        Err(sealift_archive::Error::Fault { input, source: fault }.into())
    }

    /// Opens an archive like [`open_archive`](Self::open_archive), but only if it has a valid
    /// record with an index. Returns `None` otherwise. The archive is never examined.
    ///
    /// # Errors
    ///
    /// Returns an error if the archive does not exist or cannot be read.
    pub fn open_recorded(&self, archive: &ArchivePath) -> Result<Option<Archive>, Error> {
        let (file, stat) = self.open_file(archive)?;
        self.with_recorded_index(archive, &file, stat)
    }

    fn with_recorded_index(
        &self,
        archive: &ArchivePath,
        file: &File,
        stat: Stat,
    ) -> Result<Option<Archive>, Error> {
        let Some(index) = self.believed_index(archive, &stat) else { return Ok(None) };
        match self.with_index(archive, file, index) {
            // The index does not match the file, so the record is treated as missing.
            Err(Error::Archive(sealift_archive::Error::Fault { .. })) => Ok(None),
            opened => opened.map(Some),
        }
    }

    fn with_index(
        &self,
        archive: &ArchivePath,
        file: &File,
        index: ArchiveIndex,
    ) -> Result<Archive, Error> {
        let path = self.path_of(archive);
        let file = file.try_clone().map_err(Error::at("open", &path))?;
        Ok(Archive::for_one_pass(file, index, path)?)
    }
}
