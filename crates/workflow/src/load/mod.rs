//! Loading of archives into engines: select the archives, find out which layers each engine has,
//! and send the missing ones.

mod archive;
mod confirm;
pub(crate) mod engine_load;
mod engine_platform;
mod file;
mod holdings;
mod known;
mod leave_out;
pub(crate) mod loaded_image;
mod open_archives;
mod outgoing;
mod put;
mod renamed;
pub(crate) mod request;
mod send;
mod signatures;
mod there;
pub(crate) mod transfer;
mod upload;

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use sealift_docker::Engine;
use sealift_store::Store;

use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::load::archive::load_selected;
use crate::load::engine_load::{EngineLoad, EngineName};
use crate::load::engine_platform::EnginePlatform;
use crate::load::file::PreparedFile;
use crate::load::holdings::EngineMemory;
use crate::load::loaded_image::LoadedImage;
use crate::load::open_archives::OpenArchives;
use crate::load::request::LoadRequest;
use crate::load::signatures::Signatures;
use crate::run::Run;
use crate::select::selection::{Candidates, Choice, candidates};
use crate::trust::Trust;
use crate::trust::error::TrustError;

/// An archive or file to load into each engine.
enum LoadItem<'a> {
    File(Box<PreparedFile>),
    Archive { store: &'a Store, asked: String, choice: Choice, full: bool },
}

/// Loads archives into engines, into several at the same time. If one archive or engine fails, the
/// others continue.
///
/// Archives are selected once for all engines: the folder is scanned, archives without a record are
/// examined, and pipes are copied to temporary files and verified. Then each engine receives the
/// archives one after the other. If an image is available for several platforms and none is chosen,
/// each engine receives the archive for its own platform. An archive that several engines need at
/// the same time is opened once. Each engine reads it independently at its own speed, and most
/// reads are served from the page cache.
///
/// Images that an engine already has are skipped. Of other images, only the missing layers are
/// sent. The engine is asked afterwards whether the image is complete. If it is not, all layers are
/// sent, and [`Event::SentInFull`](crate::Event::SentInFull) reports this. Finally the image is
/// tagged as `image:tag`. [`LoadRequest::full`](crate::LoadRequest::full) always sends all layers.
///
/// Sent bytes are verified while they are sent. Layers that are left out are covered by a valid
/// record; without one, the archive is verified first. A damaged archive never becomes an image.
///
/// If a [signature](LoadRequest::trust) is required, each archive is hashed before it is loaded. It
/// must be listed by signed checksums, either those in the folder or those of the config with which
/// it was fetched.
///
/// `on_result` receives each result as soon as it is available, in any order. The function returns
/// all results: first those that concern no engine, such as an image that is not in the folder,
/// then those of each engine in the order of the call. With one engine, the results are in the
/// order of the request. An engine that does not answer has one result for everything that it did
/// not receive.
///
/// Events of an engine are wrapped in [`Event::OnEngine`](crate::Event::OnEngine).
///
/// After a cancellation, the results contain the images that were loaded. The remaining ones fail
/// with [`Error::Interrupted`].
///
/// ```no_run
/// use sealift_workflow::catalog::LatestOptions;
/// use sealift_workflow::docker::{Engine, Settings};
/// use sealift_workflow::store::Store;
/// use sealift_workflow::{LoadRequest, Run, Selection, load};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let hosts = ["ssh://edge1", "ssh://edge2"];
/// let engine = |host: &str| {
///     let settings = Settings::from_env().with_host(Some(host.to_owned()), "hosts");
///     Engine::resolve(&settings)
/// };
/// let engines = hosts.into_iter().map(engine).collect::<Result<Vec<_>, _>>()?;
/// let latest = Selection::Latest(LatestOptions::default());
/// let request = LoadRequest::default().with_folder((Store::open("artifacts")?, latest));
/// let loads = load(&engines, &request, |load| println!("{load:?}"), &Run::default()).await?;
/// assert!(loads.iter().all(|load| load.result.is_ok()));
/// # Ok(())
/// # }
/// ```
///
/// # Cancel safety
///
/// If the future is dropped, the uploads are aborted in such a way that engines create no images
/// from them.
///
/// # Panics
///
/// Panics outside of a tokio runtime with I/O and time enabled.
///
/// # Errors
///
/// Returns an error if the folder cannot be read. Errors of single archives or engines are in their
/// results.
pub async fn load(
    engines: &[Engine],
    request: &LoadRequest,
    on_result: impl Fn(&EngineLoad) + Send + Sync,
    run: &Run,
) -> Result<Vec<EngineLoad>, Error> {
    let (items, failed) = prepare(request, run).await?;
    failed.iter().for_each(|(_, load)| on_result(load));
    let signatures = match &request.folder {
        Some((store, _)) => Signatures::of(store, &request.trust, run).await?,
        None => Signatures::default(),
    };
    let open = OpenArchives::new(signatures);
    let (items, open, on_result) = (&items, &open, &on_result);
    // The futures are collected first, because the compiler cannot infer the lifetimes of a closure
    // inside the stream.
    let work: Vec<_> = engines
        .iter()
        .enumerate()
        .map(|(index, engine)| async move {
            (index, Box::pin(load_into(engine, items, open, on_result, run)).await)
        })
        .collect();
    let of_engines: Vec<(usize, Vec<Placed>)> =
        stream::iter(work).buffer_unordered(request.jobs.max(1)).collect().await;
    // With one engine, all results are in the order of the request.
    let first = usize::from(engines.len() > 1);
    let of_engines = of_engines.into_iter().map(|(index, loads)| (index + first, loads));
    let mut loads: Vec<((usize, usize), EngineLoad)> = std::iter::once((0, failed))
        .chain(of_engines)
        .flat_map(|(engine, loads)| {
            loads.into_iter().map(move |(item, load)| ((engine, item), load))
        })
        .collect();
    loads.sort_by_key(|(place, _)| *place);
    Ok(loads.into_iter().map(|(_, load)| load).collect())
}

/// A result with the index of its item in the request.
type Placed = (usize, EngineLoad);

impl LoadItem<'_> {
    fn asked(&self) -> String {
        match self {
            Self::File(file) => file.asked(),
            Self::Archive { asked, .. } => asked.clone(),
        }
    }
}

/// Prepares the archives for all engines. Also returns the results of those that cannot be loaded.
async fn prepare<'a>(
    request: &'a LoadRequest,
    run: &Run,
) -> Result<(Vec<(usize, LoadItem<'a>)>, Vec<Placed>), Error> {
    let mut prepared = Vec::new();
    for file in &request.files {
        let name = file.display().to_string();
        let item = match request.trust {
            Trust::None => PreparedFile::prepare(file, request, run).await,
            Trust::SignedBy(_) => Err(TrustError::OutsideOfFolder { what: name.clone() }.into()),
        };
        prepared.push((name, item.map(|file| LoadItem::File(Box::new(file)))));
    }
    if let Some((store, selection)) = &request.folder {
        for Candidates { asked, choice } in candidates(store, selection, run).await? {
            let name = asked.clone();
            prepared.push((
                asked,
                choice.map(|choice| LoadItem::Archive {
                    store,
                    asked: name,
                    choice,
                    full: request.full,
                }),
            ));
        }
    }
    let (mut items, mut failed) = (Vec::new(), Vec::new());
    for (place, (asked, item)) in prepared.into_iter().enumerate() {
        match item {
            Ok(item) => items.push((place, item)),
            Err(error) => failed.push((place, EngineLoad::new(None, Some(asked), Err(error)))),
        }
    }
    Ok((items, failed))
}

/// Loads all items into one engine. Stops if the engine does not answer.
async fn load_into(
    engine: &Engine,
    items: &[(usize, LoadItem<'_>)],
    open: &OpenArchives,
    on_result: impl Fn(&EngineLoad),
    run: &Run,
) -> Vec<Placed> {
    let name = EngineName::of(engine);
    let run = &run.on_engine(&name.to_string());
    let (platform, memory) = (EnginePlatform::of(engine), Arc::default());
    let mut loads = Vec::new();
    let waiting = run.waiting(items.iter().map(|(_, item)| item.asked()));
    for (place, item) in items {
        waiting.end(&item.asked());
        let (asked, result) = load_item(engine, &platform, item, (open, &memory), run).await;
        let is_unreachable =
            result.as_ref().is_err_and(|error| error.kind() == ErrorKind::Unreachable);
        let asked = (!is_unreachable).then_some(asked);
        let load = EngineLoad::new(Some(name.clone()), asked, result);
        on_result(&load);
        loads.push((*place, load));
        if is_unreachable {
            break;
        }
    }
    loads
}

async fn load_item(
    engine: &Engine,
    platform: &EnginePlatform<'_>,
    item: &LoadItem<'_>,
    shared: (&OpenArchives, &Arc<EngineMemory>),
    run: &Run,
) -> (String, Result<LoadedImage, Error>) {
    match item {
        LoadItem::Archive { store, asked, choice, full } => {
            let (asked, entry) = choice.pick(asked, platform, store, run).await;
            (asked, load_selected(engine, store, entry, shared, *full, run).await)
        }
        LoadItem::File(file) => {
            let result = match run.check_cancelled() {
                Ok(()) => Box::pin(file.load(engine, shared.1, run)).await,
                Err(error) => Err(error),
            };
            (file.asked(), result)
        }
    }
}
