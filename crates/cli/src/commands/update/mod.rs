//! `sealift update`.

mod arguments;
mod plan;
mod text;

use sealift_workflow::catalog::Keep;
use sealift_workflow::filename::Reference;
use sealift_workflow::{ImageUpdate, UpdateOptions, update};

use crate::arguments::reference::references;
use crate::exit_code::ExitCode;
use crate::failure::{self, Failure};
use crate::session::Session;

pub(crate) use arguments::UpdateArguments;

pub(crate) async fn run(
    arguments: UpdateArguments,
    session: &Session,
) -> Result<ExitCode, Failure> {
    let references = references(&arguments.images)?;
    let keep = |releases| Keep { releases, dirty: arguments.keep.keep_dirty.unwrap_or(releases) };
    let options = UpdateOptions::default()
        .with_compress(arguments.compress)
        .with_level(arguments.level)
        .with_clean(arguments.clean)
        .with_keep(arguments.keep.keep.map(keep))
        .with_platform(arguments.platform.platform()?)
        .with_jobs(arguments.jobs.into())
        .with_immutable(arguments.immutable.is_set());
    if arguments.dry_run {
        return plan::dry_run(&references, &options, session).await;
    }
    update_and_show(&references, &options, session).await
}

/// Updates the folder and prints the results.
pub(crate) async fn update_and_show(
    references: &[Reference],
    options: &UpdateOptions,
    session: &Session,
) -> Result<ExitCode, Failure> {
    let engine = session.engine()?;
    let (store, _new_folder) = session.store_to_write()?;
    let on_result = |image: &ImageUpdate| text::show_image(image, session);
    let report = update(&engine, &store, references, options, on_result, &session.run()).await?;
    text::show_rest(&report, &store, session);
    let of_images = report.images.iter().filter_map(|image| image.result.as_ref().err());
    Ok(failure::code_of(of_images.chain(&report.clean_errors)))
}
