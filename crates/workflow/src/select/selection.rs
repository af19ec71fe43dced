//! The archives that are selected by name, or because they are the latest ones, or all of them.

use std::collections::BTreeMap;

use sealift_catalog::{
    Ambiguous, AmbiguousChoice, Entry, LatestOptions, Query, SelectError, latest, passed_over,
};
use sealift_filename::{Repository, Version};
use sealift_oci::Platform;
use sealift_store::Store;

use crate::error::Error;
use crate::event::Event;
use crate::run::Run;
use crate::select::examine::{known_archives, report_changed, with_read_options};
use crate::select::{LatestChoice, choose_latest, find, refuse_flawed};

/// Which archives of a folder to work on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Selection {
    /// The archives that answer these queries.
    Queries(Vec<Query>),
    /// The latest archive of every image.
    Latest(LatestOptions),
    /// The newest build of every tag, for one platform if one is given.
    All(Option<Platform>),
}

/// What chooses among archives of one image for several platforms.
pub(crate) trait PickPlatform {
    /// Returns which of the platforms is chosen, if one is.
    ///
    /// # Errors
    ///
    /// If nothing at all can be selected.
    async fn pick(&self, platforms: &[Platform], run: &Run) -> Result<Option<usize>, Error>;
}

/// What was asked for, and the archive that is selected for it.
pub(crate) type Selected = (String, Result<Entry, Error>);

/// Selects archives.
///
/// # Errors
///
/// If the folder cannot be read or `picker` fails. What is wrong with one archive is in its place.
pub(crate) async fn select(
    picker: &impl PickPlatform,
    store: &Store,
    selection: &Selection,
    run: &Run,
) -> Result<Vec<Selected>, Error> {
    let selected = choose(picker, store, selection, run).await?.into_iter();
    let usable = |entry: Entry| refuse_flawed(store, &entry).map(|()| entry);
    Ok(selected.map(|(asked, entry)| (asked, entry.and_then(usable))).collect())
}

/// Chooses the archives, usable or not.
async fn choose(
    picker: &impl PickPlatform,
    store: &Store,
    selection: &Selection,
    run: &Run,
) -> Result<Vec<Selected>, Error> {
    match selection {
        Selection::Queries(queries) => {
            let mut selected = Vec::new();
            for query in queries {
                let asked = match &query.version {
                    Some(version) => image_tag(&query.repository, version),
                    None => query.repository.to_string(),
                };
                selected.push((asked, find_for(picker, store, query, run).await));
            }
            Ok(selected)
        }
        Selection::Latest(options) => {
            let (LatestChoice { latest, misnamed }, mut selected) = read_all(store, run, {
                let options = options.clone();
                move |entries, run| choose_latest(entries, &options, run)
            })
            .await?;
            selected.extend(misnamed.into_iter().map(Ok).map(named));
            let mut images: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
            for entry in latest {
                images.entry(entry.archive.image().to_owned()).or_default().push(entry);
            }
            for candidates in images.into_values() {
                selected.push(choose_platform(picker, candidates, store, run).await?);
            }
            Ok(selected)
        }
        Selection::All(platform) => {
            let options = LatestOptions::default().with_platform(platform.clone());
            let tags =
                read_all(store, run, move |entries, run| newest_builds(entries, &options, run));
            let (tags, mut selected) = tags.await?;
            for candidates in tags {
                selected.push(choose_platform(picker, candidates, store, run).await?);
            }
            Ok(selected)
        }
    }
}

fn named(entry: Result<Entry, Error>) -> Selected {
    let asked = entry.as_ref().map_or_else(|_| String::new(), |entry| entry.archive.to_string());
    (asked, entry)
}

/// Reads all archives and chooses among them; with the folders that are missing.
async fn read_all<T: Send + 'static>(
    store: &Store,
    run: &Run,
    choose: impl FnOnce(&[Entry], &Run) -> T + Send + 'static,
) -> Result<(T, Vec<Selected>), Error> {
    let store = store.clone();
    run.blocking(move |run| {
        let (archives, errors) = known_archives(&store, run)?;
        let entries =
            with_read_options(run, |reading| Ok(store.examined_entries(&archives, reading)?))?;
        let missing = errors.into_iter().map(|error| match &error {
            Error::FolderUnreadable { folder, .. } => (folder.display().to_string(), Err(error)),
            _ => (store.root().display().to_string(), Err(error)),
        });
        Ok((choose(&entries, run), missing.collect()))
    })
    .await
}

/// Chooses the newest build of every tag, for each platform: an engine has one image under a tag, so that
/// an older one would be replaced at once, or replace the newest. Reports what is left out.
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

/// Returns the `image:tag` that an archive gets in an engine.
fn tag_of(entry: &Entry) -> String {
    let version = entry.archive.name().to_version();
    match entry.archive.repository() {
        Some(repository) => image_tag(&repository, &version),
        None => format!("{}:{version}", entry.archive.image()),
    }
}

/// Writes an image and its version as engines know them. A version from a folder may be no tag.
fn image_tag(repository: &Repository, version: &Version) -> String {
    let tag = version.to_tag().map_or_else(|_| version.to_string(), |tag| tag.to_string());
    format!("{repository}:{tag}")
}

/// Finds an archive; of several platforms, the one that is picked.
async fn find_for(
    picker: &impl PickPlatform,
    store: &Store,
    query: &Query,
    run: &Run,
) -> Result<Entry, Error> {
    let error = match find(store, query, run).await {
        Err(Error::Select(SelectError::Ambiguous(error))) => error,
        found => return found,
    };
    let platforms: Vec<Platform> =
        error.choices.iter().map(|choice| choice.platform.clone()).collect();
    let Some(at) = picker.pick(&platforms, run).await? else {
        return Err(SelectError::Ambiguous(error).into());
    };
    let latest = query.latest.clone().with_platform(platforms[at].clone());
    let query = query.clone().with_latest(latest);
    find(store, &query, run).await
}

/// Chooses among archives of one image by their platforms.
///
/// # Errors
///
/// If the picker fails. That no choice can be made stands in its place.
async fn choose_platform(
    picker: &impl PickPlatform,
    mut candidates: Vec<Entry>,
    store: &Store,
    run: &Run,
) -> Result<Selected, Error> {
    if candidates.len() == 1 {
        return Ok(named(Ok(candidates.swap_remove(0))));
    }
    let platforms: Option<Vec<Platform>> = candidates.iter().map(Entry::platform).collect();
    let Some(platforms) = platforms else {
        // One of them can't be used, and nobody knows for which platform it is.
        let flawed = candidates.iter().find(|entry| refuse_flawed(store, entry).is_err());
        return Ok(named(Ok(flawed.unwrap_or(&candidates[0]).clone())));
    };
    if let Some(at) = picker.pick(&platforms, run).await? {
        return Ok(named(Ok(candidates.swap_remove(at))));
    }
    let name = candidates[0].archive.name();
    let is_one_version =
        candidates.iter().all(|entry| entry.archive.name().version() == name.version());
    let Some(repository) = candidates[0].archive.repository() else {
        return Ok(named(Ok(candidates.swap_remove(0))));
    };
    let query = Query::new(repository, is_one_version.then(|| name.to_version()));
    let asked = tag_of(&candidates[0]);
    let choices = platforms
        .into_iter()
        .zip(candidates)
        .map(|(platform, entry)| AmbiguousChoice::new(platform, entry.archive))
        .collect();
    Ok((asked, Err(SelectError::from(Ambiguous::new(query, choices)).into())))
}
