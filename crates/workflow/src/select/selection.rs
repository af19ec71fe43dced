//! Selection of archives by query, by path, or as the latest of their images.

use std::collections::BTreeMap;

use sealift_catalog::{
    Ambiguous, AmbiguousChoice, Entry, LatestOptions, Query, SelectError, latest, passed_over,
};
use sealift_filename::{ArchivePath, Repository, Version};
use sealift_oci::Platform;
use sealift_store::Store;

use crate::error::Error;
use crate::event::Event;
use crate::run::Run;
use crate::select::examine::{known_archives, report_changed, with_read_options};
use crate::select::{LatestChoice, choose_latest, find, refuse_flawed};

/// The archives of a folder to process.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Selection {
    /// The archives that match these queries.
    Queries(Vec<Query>),
    /// The latest archive of every image.
    Latest(LatestOptions),
    /// The newest build of every tag, optionally for one platform.
    All(Option<Platform>),
    /// These archives.
    Archives(Vec<ArchivePath>),
}

/// A rule that chooses a platform if an image has archives for several.
pub(crate) trait PickPlatform {
    /// Returns the index of the chosen platform, or `None` if none is chosen.
    ///
    /// # Errors
    ///
    /// Returns an error if the selection must stop completely, for example because an engine does
    /// not answer.
    async fn pick(&self, platforms: &[Platform], run: &Run) -> Result<Option<usize>, Error>;
}

/// The name of a selected item, and its archive.
pub(crate) type Selected = (String, Result<Entry, Error>);

/// Selects archives, and chooses a platform if necessary.
///
/// # Errors
///
/// Returns an error if the folder cannot be read. Errors of single archives are in their results.
pub(crate) async fn select(
    picker: &impl PickPlatform,
    store: &Store,
    selection: &Selection,
    run: &Run,
) -> Result<Vec<Selected>, Error> {
    let mut selected = Vec::new();
    for Candidates { asked, choice } in candidates(store, selection, run).await? {
        selected.push(match choice {
            Ok(choice) => choice.pick(&asked, picker, store, run).await,
            Err(error) => (asked, Err(error)),
        });
    }
    Ok(selected)
}

/// A selected item and the archives that match it.
pub(crate) struct Candidates {
    /// The name of the item for the caller: `image:tag`, or the path of an archive.
    pub(crate) asked: String,
    /// The matching archives, or an error that does not depend on the platform.
    pub(crate) choice: Result<Choice, Error>,
}

/// The archives among which a platform is chosen.
pub(crate) enum Choice {
    /// A single archive for any platform.
    One(Box<Entry>),
    /// Archives for several platforms, of which one is chosen.
    OneOf(Vec<Entry>, Box<Ambiguous>),
    /// A query that must be repeated with a platform.
    Found(Box<Ambiguous>),
}

impl Choice {
    /// Returns the archive for the chosen platform.
    pub(crate) async fn pick(
        &self,
        asked: &str,
        picker: &impl PickPlatform,
        store: &Store,
        run: &Run,
    ) -> Selected {
        let entry = match self {
            Self::One(entry) => Ok(entry.as_ref().clone()),
            Self::OneOf(entries, ambiguous) => match picked(ambiguous, picker, run).await {
                Ok(AmbiguousChoice { archive, .. }) => {
                    let entry = entries.iter().find(|entry| entry.archive == *archive);
                    return named(store, entry.unwrap_or(&entries[0]).clone());
                }
                Err(error) => Err(error),
            },
            Self::Found(ambiguous) => match picked(ambiguous, picker, run).await {
                Ok(AmbiguousChoice { platform, .. }) => {
                    let query = ambiguous.query.clone();
                    let latest = query.latest.clone().with_platform(platform.clone());
                    let query = query.with_latest(latest);
                    find(store, &query, run).await
                }
                Err(error) => Err(error),
            },
        };
        (asked.to_owned(), entry)
    }
}

/// Returns the choice with the platform that the rule chooses.
async fn picked<'a>(
    ambiguous: &'a Ambiguous,
    picker: &impl PickPlatform,
    run: &Run,
) -> Result<&'a AmbiguousChoice, Error> {
    let choices = &ambiguous.choices;
    let platforms: Vec<Platform> = choices.iter().map(|choice| choice.platform.clone()).collect();
    let at = picker.pick(&platforms, run).await?;
    let refused = || SelectError::from(ambiguous.clone()).into();
    at.and_then(|at| choices.get(at)).ok_or_else(refused)
}

/// Selects archives for all platforms. This is the only step that scans the folder and examines
/// archives.
///
/// # Errors
///
/// Returns an error if the folder cannot be read. Errors of single archives are in their results.
pub(crate) async fn candidates(
    store: &Store,
    selection: &Selection,
    run: &Run,
) -> Result<Vec<Candidates>, Error> {
    match selection {
        Selection::Queries(queries) => {
            let mut selected = Vec::new();
            for query in queries {
                let asked = match &query.version {
                    Some(version) => image_tag(&query.repository, version),
                    None => query.repository.to_string(),
                };
                let choice = match find(store, query, run).await {
                    Ok(entry) => Ok(Choice::One(Box::new(entry))),
                    Err(Error::Select(SelectError::Ambiguous(error))) => Ok(Choice::Found(error)),
                    Err(error) => Err(error),
                };
                selected.push(Candidates { asked, choice });
            }
            Ok(selected)
        }
        Selection::Latest(options) => {
            let (LatestChoice { latest, misnamed }, mut selected) = read_all(store, run, {
                let options = options.clone();
                move |entries, run| choose_latest(entries, &options, run)
            })
            .await?;
            selected.extend(misnamed.into_iter().map(|entry| one(store, entry)));
            let mut images: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
            for entry in latest {
                images.entry(entry.archive.image().to_owned()).or_default().push(entry);
            }
            selected.extend(images.into_values().map(|entries| one_of(store, entries)));
            Ok(selected)
        }
        Selection::Archives(archives) => {
            let (reader, paths) = (store.clone(), archives.clone());
            let entries = run
                .blocking(move |run| {
                    with_read_options(run, |reading| Ok(reader.examined_entries(&paths, reading)?))
                })
                .await?;
            let entry = |archive: &ArchivePath| {
                let found = entries.iter().find(|entry| entry.archive == *archive);
                let gone = || Candidates {
                    asked: archive.to_string(),
                    choice: Err(Error::UnknownContent { archive: archive.clone() }),
                };
                found.map_or_else(gone, |entry| one(store, entry.clone()))
            };
            Ok(archives.iter().map(entry).collect())
        }
        Selection::All(platform) => {
            let options = LatestOptions::default().with_platform(platform.clone());
            let tags =
                read_all(store, run, move |entries, run| newest_builds(entries, &options, run));
            let (tags, mut selected) = tags.await?;
            selected.extend(tags.into_iter().map(|entries| one_of(store, entries)));
            Ok(selected)
        }
    }
}

/// Returns the archive with its path as the name, or an error if it has a flaw.
fn named(store: &Store, entry: Entry) -> Selected {
    (entry.archive.to_string(), refuse_flawed(store, &entry).map(|()| entry))
}

fn one(store: &Store, entry: Entry) -> Candidates {
    let (asked, entry) = named(store, entry);
    Candidates { asked, choice: entry.map(|entry| Choice::One(Box::new(entry))) }
}

/// Returns the candidates for archives of one image. There must be at least one archive.
fn one_of(store: &Store, mut entries: Vec<Entry>) -> Candidates {
    if entries.len() == 1 {
        return one(store, entries.swap_remove(0));
    }
    let platforms: Option<Vec<Platform>> = entries.iter().map(Entry::platform).collect();
    let (Some(platforms), Some(repository)) = (platforms, entries[0].archive.repository()) else {
        // The platform of a flawed archive is not known, or the path stands for no valid image
        // name.
        let flawed = entries.iter().position(|entry| refuse_flawed(store, entry).is_err());
        return one(store, entries.swap_remove(flawed.unwrap_or_default()));
    };
    let name = entries[0].archive.name();
    let is_one_version =
        entries.iter().all(|entry| entry.archive.name().version() == name.version());
    let query = Query::new(repository, is_one_version.then(|| name.to_version()));
    let asked = tag_of(&entries[0]);
    let choices = platforms
        .into_iter()
        .zip(&entries)
        .map(|(platform, entry)| AmbiguousChoice::new(platform, entry.archive.clone()))
        .collect();
    let ambiguous = Box::new(Ambiguous::new(query, choices));
    Candidates { asked, choice: Ok(Choice::OneOf(entries, ambiguous)) }
}

/// Reads all archives and chooses among them. Also returns errors for unreadable subfolders.
async fn read_all<T: Send + 'static>(
    store: &Store,
    run: &Run,
    choose: impl FnOnce(&[Entry], &Run) -> T + Send + 'static,
) -> Result<(T, Vec<Candidates>), Error> {
    let store = store.clone();
    run.blocking(move |run| {
        let (archives, errors) = known_archives(&store, run)?;
        let entries =
            with_read_options(run, |reading| Ok(store.examined_entries(&archives, reading)?))?;
        let missing = errors.into_iter().map(|error| {
            let folder = match &error {
                Error::FolderUnreadable { folder, .. } => folder.as_path(),
                _ => store.root(),
            };
            Candidates { asked: folder.display().to_string(), choice: Err(error) }
        });
        Ok((choose(&entries, run), missing.collect()))
    })
    .await
}

/// Returns the newest builds of every tag, one for each platform, and reports the others. An engine
/// has one image per tag, so loading several builds would make the result depend on their order.
fn newest_builds(entries: &[Entry], options: &LatestOptions, run: &Run) -> Vec<Vec<Entry>> {
    let mut tags: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| !entry.holds_no_image()) {
        tags.entry(tag_of(entry)).or_default().push(entry.clone());
    }
    let mut chosen = Vec::new();
    for (tag, builds) in tags {
        let newest: Vec<Entry> = latest(&builds, options).into_iter().cloned().collect();
        report_changed(&newest, run);
        let passed = passed_over(&builds, options);
        for build in &builds {
            let is_chosen = newest.iter().any(|entry| entry.archive == build.archive);
            let is_twin = newest.iter().any(|entry| {
                entry.archive.name().id() == build.archive.name().id()
                    && entry.archive.name().version() == build.archive.name().version()
            });
            if is_chosen {
                continue;
            }
            let archive = build.archive.clone();
            if let Some(passed) = passed.iter().find(|passed| passed.archive == archive) {
                run.report(Event::PassedOver(passed.clone()));
            } else if let Some(flaw) = build.flaw() {
                run.report(Event::LeftOut { archive, reason: flaw.to_string() });
            } else if !is_twin && is_of(build, options) {
                let reason = format!("it is an older build of `{tag}`");
                run.report(Event::LeftOut { archive, reason });
            }
        }
        if !newest.is_empty() {
            chosen.push(newest);
        }
    }
    chosen
}

fn is_of(entry: &Entry, options: &LatestOptions) -> bool {
    options
        .platform
        .as_ref()
        .is_none_or(|wanted| entry.platform().is_none_or(|platform| wanted.matches(&platform)))
}

/// Returns the `image:tag` that an archive has in an engine.
fn tag_of(entry: &Entry) -> String {
    let version = entry.archive.name().to_version();
    match entry.archive.repository() {
        Some(repository) => image_tag(&repository, &version),
        None => format!("{}:{version}", entry.archive.image()),
    }
}

/// Returns an image and its version in the form that engines use. If the version is not a valid
/// tag, it is used unchanged.
fn image_tag(repository: &Repository, version: &Version) -> String {
    let tag = version.to_tag().map_or_else(|_| version.to_string(), |tag| tag.to_string());
    format!("{repository}:{tag}")
}
