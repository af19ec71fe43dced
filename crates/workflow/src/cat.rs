//! Output of one archive.

use std::io::Write;

use sealift_archive::VerifiedReader;
use sealift_catalog::Query;
use sealift_filename::ArchivePath;
use sealift_store::Store;

use crate::error::Error;
use crate::event::Work;
use crate::export::cluster::ExportForm;
use crate::export::image_file::ImageFile;
use crate::naming::naming_of;
use crate::open_archive::open_archive;
use crate::reading::Reading;
use crate::run::Run;
use crate::select::{find, held_against_record};

/// Writes the archive that matches a query as a plain tar, even if it is stored compressed. The tar
/// contains only the `image:tag` of the file name.
///
/// The archive is verified while it is written, and its end is withheld until the verification
/// succeeds. If the verification fails, a reader at the other end of a pipe receives no valid
/// image.
///
/// # Cancel safety
///
/// If the future is dropped, writing stops soon after. The output then has no end marker.
///
/// # Panics
///
/// Panics outside of a tokio runtime.
///
/// # Errors
///
/// Returns the errors of [`path`](crate::path()), and an error if the archive is damaged or cannot
/// be written to the output.
pub async fn cat(
    store: &Store,
    query: &Query,
    mut output: impl Write + Send + 'static,
    run: &Run,
) -> Result<(), Error> {
    let entry = find(store, query, run).await?;
    let store = store.clone();
    run.blocking(move |run| {
        let written = write_out(&store, &entry.archive, &mut output, run);
        written.map_err(|error| held_against_record(&store, &entry, error))
    })
    .await
}

fn write_out(
    store: &Store,
    archive: &ArchivePath,
    output: &mut impl Write,
    run: &Run,
) -> Result<(), Error> {
    let reader = VerifiedReader::open_as(store.path_of(archive), naming_of(archive)?)?;
    let mut reading = Reading::start(reader, archive.as_str(), Work::Reading, run);
    while let Some(bytes) = reading.next()? {
        output.write_all(&bytes).map_err(Error::Output)?;
    }
    output.flush().map_err(Error::Output)
}

/// Writes the archive that matches a query in the form that a cluster imports: one image for one
/// platform, without attestations, with its registry in the name.
///
/// The output is the same as that of [`export`](crate::export()). Each layer is verified while it
/// is written, and the last bytes of a damaged layer are withheld. A reader at the other end of a
/// pipe then receives no valid image.
///
/// # Cancel safety
///
/// The same as for [`cat`].
///
/// # Panics
///
/// Panics outside of a tokio runtime.
///
/// # Errors
///
/// Returns the errors of [`cat`].
pub async fn cat_for(
    store: &Store,
    query: &Query,
    form: ExportForm,
    output: impl Write + Send + 'static,
    run: &Run,
) -> Result<(), Error> {
    let entry = find(store, query, run).await?;
    let store = store.clone();
    run.blocking(move |run| {
        let written = write_form(&store, &entry.archive, form, output, run);
        written.map_err(|error| held_against_record(&store, &entry, error))
    })
    .await
}

fn write_form(
    store: &Store,
    archive: &ArchivePath,
    form: ExportForm,
    output: impl Write,
    run: &Run,
) -> Result<(), Error> {
    let (label, naming) = (archive.to_string(), naming_of(archive)?);
    let opened = open_archive(store, archive, &label, run)?;
    let file = ImageFile::new(&opened, naming, &label);
    let mut output = file.write(output, form.compression(), Error::Output, run)?;
    output.flush().map_err(Error::Output)
}
