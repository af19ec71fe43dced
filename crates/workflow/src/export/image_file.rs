//! The tar of one image, to be written into a file or compared with an existing one.

use std::fs::File;
use std::io::{self, Read as _, Write};
use std::path::Path;

use sealift_archive::{
    Archive, CompressedWriter, Compression, ImageTar, ImageTarOptions, Naming, PlainReader,
};

use crate::error::Error;
use crate::event::Work;
use crate::export::cluster::ExportForm;
use crate::reading::{CountedTar, Reading};
use crate::run::Run;

/// An image in an archive, with its name in a cluster.
pub(crate) struct ImageFile<'a> {
    archive: &'a Archive,
    options: ImageTarOptions,
    /// The name in events.
    label: &'a str,
}

impl<'a> ImageFile<'a> {
    pub(crate) fn new(archive: &'a Archive, naming: Naming, label: &'a str) -> Self {
        Self { archive, options: ImageTarOptions::new().with_name(naming.qualified()), label }
    }

    /// Returns the size of the plain tar.
    pub(crate) fn plain_size(&self) -> Result<u64, Error> {
        Ok(self.tar()?.size())
    }

    /// Writes the tar and returns the writer. `failed` converts write errors.
    ///
    /// The end of the tar is written only after each layer was compared with its digest.
    pub(crate) fn write<W: Write>(
        &self,
        output: W,
        compression: Option<Compression>,
        failed: impl Fn(io::Error) -> Error,
        run: &Run,
    ) -> Result<W, Error> {
        let tar = CountedTar::new(self.tar()?);
        let mut output = CompressedWriter::new(output, compression).map_err(&failed)?;
        let mut reading = Reading::start(tar, self.label, Work::Exporting, run);
        while let Some(bytes) = reading.next()? {
            output.write_all(&bytes).map_err(&failed)?;
        }
        output.finish().map_err(failed)
    }

    /// Returns `true` if a file has this form and contains exactly this tar. The compression level
    /// does not matter.
    pub(crate) fn is_in(&self, file: &Path, form: ExportForm, run: &Run) -> Result<bool, Error> {
        let tar = self.tar()?;
        // A file that is damaged or cannot be read counts as different.
        let Ok(mut there) = PlainReader::open(file) else { return Ok(false) };
        let is_plain = form.compression().is_none();
        if there.container() != form.container()
            || (is_plain && there.file_size() != Some(tar.size()))
        {
            return Ok(false);
        }
        let mut reading = Reading::start(CountedTar::new(tar), self.label, Work::Verifying, run);
        let mut buffer = Vec::new();
        while let Some(bytes) = reading.next()? {
            buffer.resize(bytes.len(), 0);
            if there.read_exact(&mut buffer).is_err() || buffer != bytes {
                return Ok(false);
            }
        }
        Ok(there.read(&mut [0]).is_ok_and(|count| count == 0))
    }

    fn tar(&self) -> Result<ImageTar<'a, File>, Error> {
        Ok(ImageTar::new(self.archive, &self.options)?)
    }
}
