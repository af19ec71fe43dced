//! Saving of images from an engine into the folder: resolve the images, decide, carry out, and
//! clean up.

mod carry_out;
mod clean_up;
mod compress;
mod decide;
pub(crate) mod options;
pub(crate) mod plan;
mod receive;
pub(crate) mod report;
mod resolve;

use futures_util::{StreamExt as _, stream};
use sealift_catalog::{Action, Outcome, removals};
use sealift_docker::Engine;
use sealift_filename::Reference;
use sealift_store::Store;

use crate::error::Error;
use crate::run::Run;
use crate::update::carry_out::{Archived, Worker};
use crate::update::clean_up::clean_up;
use crate::update::decide::{Decision, Task, decide};
use crate::update::options::UpdateOptions;
use crate::update::report::{ImageUpdate, RemovedArchive, UpdateReport};
use crate::update::resolve::resolve;

/// The result of an image before removals, and its archive.
type Finished = (ImageUpdate, Option<Archived>);

/// Saves images from an engine into a folder, unless the folder already has them.
///
/// An archive of the same image is kept, whichever engine wrote it. A saved archive is verified and
/// compared with the image that the engine described before it becomes visible. If one image fails,
/// the others are still saved, and no archives of the failed image are removed.
///
/// `on_result` receives each result as soon as it is available, in any order. Removals happen at
/// the end, so `removed` is empty in these results. After a cancellation, the report contains the
/// saved images, and the remaining images fail with [`Error::Interrupted`].
///
/// # Cancel safety
///
/// If the future is dropped, blocking work stops soon after and the staging files are removed. Each
/// archive is then either published or missing.
///
/// # Panics
///
/// Panics outside of a tokio runtime with I/O and time enabled.
///
/// # Errors
///
/// Returns an error if the engine does not answer or the folder cannot be read. Errors of single
/// images are in their results.
pub async fn update(
    engine: &Engine,
    store: &Store,
    references: &[Reference],
    options: &UpdateOptions,
    on_result: impl Fn(&ImageUpdate) + Send + Sync,
    run: &Run,
) -> Result<UpdateReport, Error> {
    let sweeper = store.clone();
    run.blocking(move |_| Ok(sweeper.sweep()?)).await?;
    // Boxed, because the future is large.
    let resolved = Box::pin(resolve(engine, Some(store), references, options, run)).await?;
    let Decision { tasks, snapshot, options: planning } = decide(resolved, options, Some(store));

    let tasks_now = tasks.iter().filter_map(|(_, task)| task.as_ref().ok());
    let takes_time =
        |task: &&Task| matches!(task.item.action, Action::Save { .. } | Action::Compress { .. });
    let names = tasks_now.filter(takes_time).map(|task| task.image.reference.to_string());
    let waiting = &run.waiting(names);
    let work = Worker { engine, store, snapshot: &snapshot, options, planning: &planning, run };
    let (work, on_result) = (&work, &on_result);
    let mut done: Vec<(usize, Finished)> = stream::iter(tasks.into_iter().enumerate())
        .map(|(index, (reference, task))| async move {
            waiting.end(&reference.to_string());
            let done = match task {
                Ok(task) => work.carry_out(task).await,
                Err(error) => Err(error),
            };
            let archived = done.as_ref().ok().cloned();
            let result = done.map(|archived| archived.into_updated(store));
            let image = ImageUpdate { reference, result };
            on_result(&image);
            (index, (image, archived))
        })
        .buffer_unordered(options.jobs.max(1))
        .collect()
        .await;
    done.sort_by_key(|(index, _)| *index);
    let done: Vec<Finished> = done.into_iter().map(|(_, done)| done).collect();

    let (removed, clean_errors) = match run.cancel().is_cancelled() {
        // After a cancellation nothing is removed.
        true => (Vec::new(), vec![Error::Interrupted]),
        false => {
            // A save without `manifest.json`, which engines always write, may be incomplete in
            // other ways as well. No archives are removed because of it.
            let whole = done.iter().filter_map(|(_, archived)| archived.as_ref());
            let suspects = whole.filter(|done| done.lacked_manifest);
            let suspects: Vec<_> = suspects.map(|done| &done.wanted.repository).collect();
            let planned = removals(&snapshot, &outcomes(&done), &planning);
            clean_up(store, planned, &suspects, run).await
        }
    };
    let images = done.into_iter().map(|(mut image, _)| {
        if let Ok(updated) = &mut image.result {
            let is_mine = |archive: &&RemovedArchive| {
                archive.archive.repository().as_ref() == Some(&updated.file.image)
            };
            updated.removed = removed.iter().filter(is_mine).cloned().collect();
        }
        image
    });
    Ok(UpdateReport { images: images.collect(), clean_errors })
}

/// Returns the outcome of each image, which decides the removals.
fn outcomes(done: &[Finished]) -> Vec<Outcome<'_>> {
    fn outcome((image, archived): &Finished) -> Outcome<'_> {
        match archived {
            Some(Archived { wanted, identity, archive, .. }) => {
                Outcome::Done { wanted, identity, archive }
            }
            None => Outcome::Failed { repository: image.reference.repository() },
        }
    }
    done.iter().map(outcome).collect()
}
