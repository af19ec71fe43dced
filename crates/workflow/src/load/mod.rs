//! Puts archives into engines: select them, look what each engine has, send what it lacks.

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

/// Something that each engine gets.
enum LoadItem<'a> {
    File(Box<PreparedFile>),
    Archive { store: &'a Store, asked: String, choice: Choice, full: bool },
}

/// Puts archives into engines, into several ones at the same time. One failing stops no other.
///
/// Archives are selected once for all engines: the folder is scanned, archives without a record are
/// examined, and pipes are spooled and verified once. Then each engine gets them one after the
/// other. If an image is there for several platforms and none is chosen, an engine gets the archive
/// for its own platform. An archive is opened once for all engines that need it at the same time.
/// Each engine reads it by itself, at its own speed: nobody waits for a slow engine, and the bytes
/// come from the page cache.
///
/// An image that an engine has already is skipped. Of others, the layers that the engine has are
/// not sent. The engine is asked afterwards whether it has all of the image; if not, everything is
/// sent once, which [`Event::SentInFull`](crate::Event::SentInFull) reports. Only then the image is
/// tagged `image:tag`. [`LoadRequest::full`](crate::LoadRequest::full) sends everything at once.
///
/// What is sent is verified on the way, and what is not sent is covered by a valid record, or else
/// the archive is verified first: no damaged one becomes an image.
///
/// If a [signature](LoadRequest::trust) is required, each archive is hashed before it is loaded, and
/// signed checksums must list it: those in the folder, or those of what was fetched into it.
///
/// `on_result` receives each result as soon as it is known, in any order. The function returns all
/// of them: first those that concern no engine, such as an image that is not in the folder, then
/// those of each engine, in the order of the call. With one engine, the results are in the order of
/// the request. An engine that does not answer has one result for everything that it did not get.
///
/// Events of an engine are [`Event::OnEngine`](crate::Event::OnEngine).
///
/// Once it is cancelled, what an engine did not get failed with [`Error::Interrupted`]; the images
/// that are in an engine are in the results.
///
/// ```no_run
/// use sealift_workflow::catalog::LatestOptions;
/// use sealift_workflow::docker::{Engine, Settings};
/// use sealift_workflow::store::Store;
/// use sealift_workflow::{LoadRequest, Run, Selection, load};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let hosts = ["ssh://edge1", "ssh://edge2"];
/// let engine = |host: &str| Engine::resolve(&Settings::from_env().with_host(Some(host.to_owned()), "hosts"));
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
/// When the future is dropped, the uploads are broken off in a way that makes no images of them.
///
/// # Panics
///
/// Outside of a tokio runtime with I/O and time enabled.
///
/// # Errors
///
/// If the folder cannot be read. What goes wrong with an archive or an engine is in its result.
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
    // Collected, since the compiler does not see that a stream's closure is for every lifetime.
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

/// A result, and the place of its item in the request.
type Placed = (usize, EngineLoad);

/// Prepares what all engines get, and what none of them can get.
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

/// Loads everything into one engine, until it turns out that it does not answer.
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
    for (place, item) in items {
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
