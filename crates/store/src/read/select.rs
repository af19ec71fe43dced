//! Which archive of an image is the latest, or the one that was asked for: the questions to a folder.

use std::collections::{HashMap, HashSet};

use sealift_catalog::{
    By, Entry, Found, LatestOptions, PassedOver, Query, SelectError, Selection, Suspicion, latest,
    passed_over, select,
};
use sealift_filename::ArchivePath;

use crate::error::{Error, ErrorKind, FindError};
use crate::read::examine::LearnOptions;
use crate::read::examine::unreadable;
use crate::store::Store;

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
                    Err(error) if error.kind() == ErrorKind::NotFound => continue,
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

    /// Finds the one archive that is asked for, as [`select`] does, and reads the archives that decide
    /// unless believed records describe them.
    ///
    /// # Errors
    ///
    /// If there is no such archive, with what there is instead; if all that there are are misnamed;
    /// if there are several platforms, with the choices; if the folder can't be read.
    pub fn find(&self, query: &Query, learn: &LearnOptions<'_>) -> Result<Found, FindError> {
        let place = self.root().display().to_string();
        let mut entries = self.entries(&self.archives_of(&query.repository)?);
        let is_empty = entries.is_empty();
        loop {
            match select(&place, &entries, query) {
                Ok(Selection::Found(found)) => return Ok(*found),
                Ok(Selection::Unread(unread)) => {
                    let is_unread = |entry: &Entry| unread.contains(&entry.archive);
                    self.learn_entries(&mut entries, is_unread, learn)?;
                }
                Err(SelectError::NotFound(mut error)) if is_empty => {
                    let archives = self.scan()?.archives;
                    error.images = archives.iter().filter_map(ArchivePath::repository).collect();
                    error.images.sort_unstable();
                    error.images.dedup();
                    return Err(FindError::NotFound(error));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}
