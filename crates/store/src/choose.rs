//! Which archive of an image is the latest, or the one that was asked for: the questions to a folder.

use std::collections::HashMap;

use sealift_archive::Platform;
use sealift_filename::{ArchivePath, Repository, Version};

use crate::find_error::{Ambiguous, AmbiguousChoice, NotFound};
use crate::latest::{counts, latest, rank};
use crate::{By, Entry, Error, FindError, LatestOptions, LearnOptions, Store};

/// How sure an answer has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Depth {
    /// By names and records alone: no archive is opened.
    Recorded,
    /// Whatever is chosen has been looked into, so that it isn't known to hold no image.
    Look,
    /// Whatever is chosen has been read, so that all is known about it.
    Chosen,
    /// All candidates have been read. Only then the answer is the same with and without records where
    /// an image is there for several platforms.
    All,
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
    /// Asks for an image, of a certain version if one is given.
    pub fn new(repository: Repository, version: Option<Version>) -> Self {
        Self { repository, version, platform: None, by: By::default(), release: false }
    }
}

impl Store {
    /// Gives the [latest] archives among these, one for every image and platform.
    ///
    /// # Errors
    ///
    /// If an archive can't be read. A damaged one may be the latest: it stays in the result and says
    /// so, since to give an older one instead would hide it.
    pub fn latest(
        &self,
        archives: &[ArchivePath],
        options: &LatestOptions,
        depth: Depth,
        learn: &LearnOptions<'_>,
    ) -> Result<Vec<Entry>, Error> {
        // By modification every file has to be asked for its time, and all have to be read for `All`.
        if depth > Depth::Look || options.by != By::Precedence {
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
        chosen.extend(self.latest_among(&among, options, depth, learn)?);
        chosen.sort_unstable_by(|left, right| left.archive.cmp(&right.archive));
        Ok(chosen)
    }

    /// Gives the latest archives of one image, of none of which anything is recorded: then all are taken for
    /// the same platform, names alone tell the latest version, and no other file is even asked for its
    /// size.
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
            let found = self.latest_among(&of_version, options, depth, learn)?;
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
    ) -> Result<Vec<Entry>, Error> {
        let mut entries = self.entries(archives)?;
        if depth == Depth::All {
            self.learn_entries(&mut entries, |_| true, learn)?;
        }
        // Looked into, and it may hold an image.
        let mut seen: Vec<ArchivePath> = Vec::new();
        loop {
            let winners = latest(&entries, options);
            let is_open = |entry: &Entry| {
                entry.knowledge.is_none()
                    && (depth >= Depth::Chosen || !seen.contains(&entry.archive))
            };
            let open: Vec<ArchivePath> = winners
                .iter()
                .filter(|entry| depth > Depth::Recorded && is_open(entry))
                .map(|entry| entry.archive.clone())
                .collect();
            if open.is_empty() {
                return Ok(winners.into_iter().cloned().collect());
            }
            self.settle(&mut entries, &open, depth, &mut seen, learn)?;
        }
    }

    /// Finds out more about the winners of a round, so that the next round is nearer to the truth.
    fn settle(
        &self,
        entries: &mut Vec<Entry>,
        open: &[ArchivePath],
        depth: Depth,
        seen: &mut Vec<ArchivePath>,
        learn: &LearnOptions<'_>,
    ) -> Result<(), Error> {
        self.look_into(entries, |entry| open.contains(&entry.archive), seen)?;
        if depth < Depth::Chosen {
            return Ok(());
        }
        // All of the winner's version, since only what is inside tells which of them is the latest.
        let is_rival = |entry: &Entry| {
            open.iter().any(|winner| {
                winner.image() == entry.archive.image()
                    && winner.name().version() == entry.archive.name().version()
            })
        };
        self.learn_entries(entries, is_rival, learn)
    }

    fn look_into(
        &self,
        entries: &mut Vec<Entry>,
        is_wanted: impl Fn(&Entry) -> bool,
        seen: &mut Vec<ArchivePath>,
    ) -> Result<(), Error> {
        let mut kept = Vec::with_capacity(entries.len());
        for mut entry in entries.drain(..) {
            if entry.knowledge.is_none() && is_wanted(&entry) && !seen.contains(&entry.archive) {
                match self.look(&entry) {
                    Ok(Some(knowledge)) => entry.knowledge = Some(knowledge),
                    Ok(None) => seen.push(entry.archive.clone()),
                    Err(error) if error.kind() == crate::ErrorKind::NotFound => continue,
                    Err(error) => return Err(error),
                }
            }
            kept.push(entry);
        }
        *entries = kept;
        Ok(())
    }

    /// Finds the one archive that is asked for.
    ///
    /// Without a version it is the latest one that holds an image. If there are several archives of
    /// that version, they are read: for one platform, the [latest] of them is it; for several, the
    /// platform must be given. A damaged one may be it, and says so in its entry.
    ///
    /// # Errors
    ///
    /// If there is no such archive, with what there is instead; if there are several platforms,
    /// with the choices; if an archive can't be read.
    pub fn find(&self, query: &Query, learn: &LearnOptions<'_>) -> Result<Entry, FindError> {
        let mut entries = self.entries(&self.archives_of(&query.repository)?)?;
        let of_version = |entry: &Entry| {
            let version = query.version.as_ref();
            version.is_none_or(|version| version.as_str() == entry.archive.name().version())
        };
        let all = entries.clone();
        entries.retain(of_version);
        let options = LatestOptions {
            by: query.by,
            release: query.release,
            platform: query.platform.clone(),
        };
        let mut seen = Vec::new();
        loop {
            let candidates: Vec<&Entry> =
                entries.iter().filter(|entry| counts(entry, &options)).collect();
            let ranked = rank(&candidates, query.by);
            let Some(best) = ranked.first() else {
                return Err(self.not_found(query, &all, &entries)?.into());
            };
            let best = (*best).clone();
            if best.knowledge.is_none() && !seen.contains(&best.archive) {
                self.look_into(&mut entries, |entry| entry.archive == best.archive, &mut seen)?;
                continue;
            }
            let version = best.archive.name().version();
            let rivals: Vec<&Entry> = ranked
                .into_iter()
                .filter(|entry| entry.archive.name().version() == version)
                .collect();
            let is_sure = match query.platform {
                Some(_) => best.knowledge.is_some(),
                None => {
                    rivals.iter().all(|rival| rival.archive.name().id() == best.archive.name().id())
                }
            };
            if !is_sure && rivals.iter().any(|rival| rival.knowledge.is_none()) {
                let version = version.to_owned();
                let is_rival = |entry: &Entry| entry.archive.name().version() == version;
                self.learn_entries(&mut entries, is_rival, learn)?;
                continue;
            }
            return choose(query, &rivals);
        }
    }

    fn not_found(&self, query: &Query, all: &[Entry], asked: &[Entry]) -> Result<NotFound, Error> {
        let mut versions: Vec<Version> = all
            .iter()
            .filter(|entry| !entry.holds_no_image())
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
        _ => {
            choices.sort_unstable_by(|left, right| left.platform.cmp(&right.platform));
            Err(Ambiguous { query: query.clone(), choices }.into())
        }
    }
}
