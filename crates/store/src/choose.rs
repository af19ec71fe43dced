//! Which archive of an image is the latest, or the one that was asked for: the questions to a folder.

use std::collections::{HashMap, HashSet};

use sealift_archive::Platform;
use sealift_filename::{ArchivePath, Repository, Version};

use crate::find_error::Misnamed;
use crate::find_error::{Ambiguous, AmbiguousChoice, NotFound};
use crate::latest::{contenders, latest, passed_over, rank};
use crate::learn::unreadable;
use crate::{
    By, Entry, Error, FindError, Flaw, LatestOptions, LearnOptions, PassedOver, Store, Suspicion,
};

/// How much is done to find the latest archives. For an answer that does not depend on what is
/// recorded, [learn](Store::learn) all archives and ask [`latest`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Depth {
    /// By names and records alone: no archive is opened.
    Recorded,
    /// Whatever is chosen has been looked into, so that it isn't known to hold no image. Only an archive
    /// that was found damaged before is read as a whole.
    Look,
}

/// Which archive is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The image.
    pub repository: Repository,
    /// The version; the latest one unless it is given.
    pub version: Option<Version>,
    /// The platform; there must be just one unless it is given.
    pub platform: Option<Platform>,
    /// By what the latest is chosen.
    pub by: By,
    /// Leave out dirty versions.
    pub release: bool,
}

impl Query {
    /// Creates a query for an image, of a certain version if one is given.
    pub fn new(repository: Repository, version: Option<Version>) -> Self {
        Self { repository, version, platform: None, by: By::default(), release: false }
    }

    fn options(&self) -> LatestOptions {
        LatestOptions { by: self.by, release: self.release, platform: self.platform.clone() }
    }
}

/// The archive that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The archive; it has been read, now or before.
    pub entry: Entry,
    /// The archives that would have been chosen before it without their flaws.
    pub passed_over: Vec<PassedOver>,
}

/// The latest archives.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Latest {
    /// One for every image and platform, sorted by path.
    pub entries: Vec<Entry>,
    /// The archives that are known to have flaws, and would have been chosen without them.
    pub passed_over: Vec<PassedOver>,
}

impl Store {
    /// Returns the [latest] archives among these, one for every image and platform.
    ///
    /// # Errors
    ///
    /// If an archive can't be looked at. A damaged one may be the latest: it stays in the result, since
    /// an older one instead would hide it.
    pub fn latest(
        &self,
        archives: &[ArchivePath],
        options: &LatestOptions,
        depth: Depth,
        learn: &LearnOptions<'_>,
    ) -> Result<Latest, Error> {
        // By modification every file has to be asked for its time.
        if options.by != By::Precedence {
            return self.latest_among(archives, options, depth, learn);
        }
        let recorded = self.recorded();
        let mut images: HashMap<&str, Vec<&ArchivePath>> = HashMap::new();
        for archive in archives {
            images.entry(archive.image()).or_default().push(archive);
        }
        let mut among = Vec::new();
        let mut chosen = Vec::new();
        for archives in images.into_values() {
            if archives.iter().any(|archive| recorded.contains(archive.as_str())) {
                among.extend(archives.into_iter().cloned());
            } else {
                chosen.extend(self.latest_unrecorded(archives, options, depth, learn)?);
            }
        }
        let Latest { entries, passed_over } = self.latest_among(&among, options, depth, learn)?;
        chosen.extend(entries);
        chosen.sort_unstable_by(|left, right| left.archive.cmp(&right.archive));
        Ok(Latest { entries: chosen, passed_over })
    }

    /// Returns the latest archives of one image, of none of which anything is recorded: then all are
    /// taken for the same platform, names alone tell the latest version, and no other file is even
    /// asked for its size.
    fn latest_unrecorded(
        &self,
        mut archives: Vec<&ArchivePath>,
        options: &LatestOptions,
        depth: Depth,
        learn: &LearnOptions<'_>,
    ) -> Result<Vec<Entry>, Error> {
        archives.retain(|archive| !options.release || !archive.name().is_dirty());
        while let Some(latest) =
            archives.iter().copied().max_by_key(|&archive| archive.name().precedence())
        {
            let version = latest.name().version();
            let is_latest = |archive: &&ArchivePath| archive.name().version() == version;
            let of_version: Vec<ArchivePath> =
                archives.iter().copied().filter(is_latest).cloned().collect();
            let found = self.latest_among(&of_version, options, depth, learn)?.entries;
            if !found.is_empty() {
                return Ok(found);
            }
            // None of them holds an image.
            archives.retain(|archive| !is_latest(archive));
        }
        Ok(Vec::new())
    }

    fn latest_among(
        &self,
        archives: &[ArchivePath],
        options: &LatestOptions,
        depth: Depth,
        learn: &LearnOptions<'_>,
    ) -> Result<Latest, Error> {
        let mut entries = self.entries(archives);
        // Looked into, and it may hold an image.
        let mut seen: HashSet<ArchivePath> = HashSet::new();
        loop {
            let winners = latest(&entries, options);
            let is_open =
                |entry: &Entry| entry.knowledge.is_none() && !seen.contains(&entry.archive);
            let open: HashSet<ArchivePath> = winners
                .iter()
                .filter(|entry| depth > Depth::Recorded && is_open(entry))
                .map(|entry| entry.archive.clone())
                .collect();
            if open.is_empty() {
                let passed_over = passed_over(&entries, options);
                return Ok(Latest { entries: winners.into_iter().cloned().collect(), passed_over });
            }
            // What was found damaged is read again: it may have been mended, and is few.
            let is_suspect = |entry: &Entry| {
                entry.suspicion == Some(Suspicion::Damaged) && open.contains(&entry.archive)
            };
            self.learn_entries(&mut entries, is_suspect, learn)?;
            self.look_into(&mut entries, |entry| open.contains(&entry.archive), &mut seen)?;
        }
    }

    fn look_into(
        &self,
        entries: &mut Vec<Entry>,
        is_wanted: impl Fn(&Entry) -> bool,
        seen: &mut HashSet<ArchivePath>,
    ) -> Result<(), Error> {
        let mut kept = Vec::with_capacity(entries.len());
        for mut entry in entries.drain(..) {
            if entry.knowledge.is_none() && is_wanted(&entry) && !seen.contains(&entry.archive) {
                match self.look(&entry) {
                    Ok(Some(knowledge)) => entry.knowledge = Some(knowledge),
                    Ok(None) => {
                        seen.insert(entry.archive.clone());
                    }
                    Err(error) if error.kind() == crate::ErrorKind::NotFound => continue,
                    Err(error) => match unreadable(&error) {
                        Some(knowledge) => entry.knowledge = Some(knowledge),
                        None => return Err(error),
                    },
                }
            }
            kept.push(entry);
        }
        *entries = kept;
        Ok(())
    }

    /// Finds the one archive that is asked for, and reads it unless a believed record describes it.
    ///
    /// Without a version it is the latest one that holds an image and is named rightly. If there are
    /// several archives of that version, all of them are read: for one platform, the [latest] of
    /// them is it; for several, the platform must be given. A damaged or unreadable one may be it,
    /// as its entry shows: an older version instead would hide that.
    ///
    /// # Errors
    ///
    /// If there is no such archive, with what there is instead; if all that there are are misnamed;
    /// if there are several platforms, with the choices; if the folder can't be read.
    pub fn find(&self, query: &Query, learn: &LearnOptions<'_>) -> Result<Found, FindError> {
        let all = self.entries(&self.archives_of(&query.repository)?);
        let mut entries = all.clone();
        entries.retain(|entry| {
            let version = query.version.as_ref();
            version.is_none_or(|version| version.as_str() == entry.archive.name().version())
        });
        let options = query.options();
        loop {
            let ranked = rank(&contenders(&entries, &options), query.by);
            let Some(best) = ranked.first() else {
                return Err(self.nothing_found(query, &all, &entries)?);
            };
            let name = best.archive.name();
            let rivals: Vec<&Entry> = ranked
                .iter()
                .copied()
                .filter(|entry| entry.archive.name().version() == name.version())
                .collect();
            // One and the same archive in several formats: the first one decides.
            let are_twins = rivals.iter().all(|rival| rival.archive.name().id() == name.id());
            let deciding = if are_twins { &rivals[..1] } else { &rivals[..] };
            let unread: Vec<ArchivePath> = deciding
                .iter()
                .filter(|entry| entry.knowledge.is_none())
                .map(|entry| entry.archive.clone())
                .collect();
            if unread.is_empty() {
                let entry = choose(query, &rivals)?;
                let mut passed_over = passed_over(&entries, &options);
                passed_over.retain(|passed| passed.instead.as_ref() == Some(&entry.archive));
                return Ok(Found { entry, passed_over });
            }
            self.learn_entries(&mut entries, |entry| unread.contains(&entry.archive), learn)?;
        }
    }

    fn nothing_found(
        &self,
        query: &Query,
        all: &[Entry],
        asked: &[Entry],
    ) -> Result<FindError, Error> {
        // Without the misnamed ones there is nothing else, so that all of them are passed over.
        let mut misnamed = passed_over(asked, &query.options());
        misnamed.sort_by(|left, right| {
            right.archive.name().precedence().cmp(&left.archive.name().precedence())
        });
        match misnamed.into_iter().next() {
            Some(PassedOver { archive, flaw: Flaw::Misnamed { reason }, .. }) => {
                Ok(Misnamed::new(self.root().to_owned(), archive, reason).into())
            }
            _ => Ok(self.not_found(query, all, asked)?.into()),
        }
    }

    fn not_found(&self, query: &Query, all: &[Entry], asked: &[Entry]) -> Result<NotFound, Error> {
        let mut versions: Vec<Version> = all
            .iter()
            .filter(|entry| !entry.holds_no_image() && !entry.is_misnamed())
            .map(|entry| entry.archive.name().to_version())
            .collect();
        versions.sort_by(|left, right| right.precedence().cmp(&left.precedence()));
        versions.dedup();
        let mut images: Vec<Repository> = if all.is_empty() {
            self.scan()?.archives.iter().filter_map(ArchivePath::repository).collect()
        } else {
            Vec::new()
        };
        images.sort_unstable();
        images.dedup();
        let mut platforms: Vec<Platform> = asked.iter().filter_map(Entry::platform).collect();
        platforms.sort_unstable();
        platforms.dedup();
        Ok(NotFound {
            root: self.root().to_owned(),
            query: query.clone(),
            versions,
            platforms,
            images,
            without_image: asked
                .iter()
                .filter(|entry| entry.holds_no_image())
                .map(|entry| entry.archive.clone())
                .collect(),
        })
    }
}

/// Chooses among archives of one version, latest first.
fn choose(query: &Query, rivals: &[&Entry]) -> Result<Entry, FindError> {
    let mut choices: Vec<AmbiguousChoice> = Vec::new();
    for rival in rivals {
        if let Some(platform) = rival.platform()
            && !choices.iter().any(|choice| choice.platform == platform)
        {
            choices.push(AmbiguousChoice { platform, archive: rival.archive.clone() });
        }
    }
    match rivals {
        [best, ..] if choices.len() < 2 => Ok((*best).clone()),
        _ => Err(Ambiguous::new(query.clone(), choices).into()),
    }
}
