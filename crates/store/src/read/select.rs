//! Which archive is the latest, or the one that is asked for.

use std::collections::{HashMap, HashSet};

use sealift_catalog::{
    By, Entry, Found, LatestOptions, PassedOver, Query, SelectError, Selected, Suspicion, latest,
    passed_over, select,
};
use sealift_filename::ArchivePath;

use crate::error::{Error, ErrorKind, FindError};
use crate::read::examine::unreadable;
use crate::read::options::ReadOptions;
use crate::store::Store;

/// The latest archives of a folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LatestArchives {
    /// One for every image and platform, sorted by path.
    pub entries: Vec<Entry>,
    /// The archives that are known to have flaws, and would have been chosen without them.
    pub passed_over: Vec<PassedOver>,
}

impl LatestArchives {
    /// Chooses the [latest](latest()) among entries.
    pub fn among(entries: &[Entry], options: &LatestOptions) -> Self {
        Self {
            entries: latest(entries, options).into_iter().cloned().collect(),
            passed_over: passed_over(entries, options),
        }
    }
}

impl Store {
    /// Finds the [latest](latest()) archives among these, one for every image and platform, with as
    /// little reading as possible.
    ///
    /// Names and records decide. Only the archives that win are opened, and only a few kilobytes of
    /// them are read: enough to exclude files that hold no image. An archive that was found damaged
    /// before is read as a whole. So the result can still be damaged, misnamed or for another
    /// platform than a record would show. For a result that does not depend on records, pass
    /// [`examined_entries`](Self::examined_entries) to [`latest`](latest()).
    ///
    /// # Errors
    ///
    /// If the caller cancels.
    pub fn find_latest(
        &self,
        archives: &[ArchivePath],
        options: &LatestOptions,
        read: &ReadOptions<'_>,
    ) -> Result<LatestArchives, Error> {
        // The order by time needs the time of every file.
        if options.by != By::Precedence {
            return self.latest_by_entries(archives, options, read);
        }
        // Listing the records is cheaper than asking each of thousands of files for its size and
        // time. Where there are records, platforms are known, and each platform has its own winner.
        let recorded = self.recorded();
        let mut images: HashMap<&str, Vec<&ArchivePath>> = HashMap::new();
        for archive in archives {
            images.entry(archive.image()).or_default().push(archive);
        }
        let mut with_records = Vec::new();
        let mut entries = Vec::new();
        for archives in images.into_values() {
            if archives.iter().any(|archive| recorded.contains(archive.as_str())) {
                with_records.extend(archives.into_iter().cloned());
            } else {
                entries.extend(self.latest_by_names(archives, options, read)?);
            }
        }
        let mut latest = self.latest_by_entries(&with_records, options, read)?;
        latest.entries.extend(entries);
        latest.entries.sort_unstable_by(|left, right| left.archive.cmp(&right.archive));
        Ok(latest)
    }

    /// Finds the latest archives of one image that has no records: no platform is known, so the
    /// highest version wins. Only files of that version are opened; if none of them holds an image,
    /// the next version is tried.
    fn latest_by_names(
        &self,
        mut archives: Vec<&ArchivePath>,
        options: &LatestOptions,
        read: &ReadOptions<'_>,
    ) -> Result<Vec<Entry>, Error> {
        archives.retain(|archive| !options.release || !archive.name().is_dirty());
        while let Some(highest) =
            archives.iter().copied().max_by_key(|&archive| archive.name().precedence())
        {
            let version = highest.name().version();
            let is_highest = |archive: &&ArchivePath| archive.name().version() == version;
            let of_version: Vec<ArchivePath> =
                archives.iter().copied().filter(is_highest).cloned().collect();
            let found = self.latest_by_entries(&of_version, options, read)?.entries;
            if !found.is_empty() {
                return Ok(found);
            }
            archives.retain(|archive| !is_highest(archive));
        }
        Ok(Vec::new())
    }

    /// Finds the latest archives by a fixpoint: choose the winners by what is known, look into
    /// those that are unknown, choose again.
    ///
    /// A look can change the winners: a file that turns out to hold no image makes way for another
    /// one, which may be unknown too. It ends, because every round looks into at least one archive
    /// that no round has looked into before, and when no winner is unknown, no look can change the
    /// result. The platform of a winner that was only looked into stays unknown, so it competes on
    /// all platforms.
    fn latest_by_entries(
        &self,
        archives: &[ArchivePath],
        options: &LatestOptions,
        read: &ReadOptions<'_>,
    ) -> Result<LatestArchives, Error> {
        let mut entries = self.entries(archives);
        // The archives that may hold an image.
        let mut seen: HashSet<ArchivePath> = HashSet::new();
        loop {
            let is_unknown =
                |entry: &&Entry| entry.knowledge.is_none() && !seen.contains(&entry.archive);
            let winners = latest(&entries, options).into_iter();
            let unknown: HashSet<ArchivePath> =
                winners.filter(is_unknown).map(|entry| entry.archive.clone()).collect();
            if unknown.is_empty() {
                return Ok(LatestArchives::among(&entries, options));
            }
            // Archives that were found damaged are few, and may have been repaired since.
            let is_suspect = |entry: &Entry| {
                entry.suspicion == Some(Suspicion::Damaged) && unknown.contains(&entry.archive)
            };
            self.complete(&mut entries, is_suspect, read)?;
            self.look_into(&mut entries, |entry| unknown.contains(&entry.archive), &mut seen)?;
        }
    }

    /// Looks into the entries that are wanted and unknown. Those that may hold an image are added
    /// to `seen`; archives that are gone are taken out.
    fn look_into(
        &self,
        entries: &mut Vec<Entry>,
        is_wanted: impl Fn(&Entry) -> bool,
        seen: &mut HashSet<ArchivePath>,
    ) -> Result<(), Error> {
        let mut kept = Vec::with_capacity(entries.len());
        for mut entry in entries.drain(..) {
            if entry.knowledge.is_none() && is_wanted(&entry) {
                match self.look(&entry) {
                    Ok(Some(knowledge)) => entry.knowledge = Some(knowledge),
                    Ok(None) => drop(seen.insert(entry.archive.clone())),
                    Err(error) if error.kind() == ErrorKind::NotFound => continue,
                    Err(error) => entry.knowledge = Some(unreadable(error)?),
                }
            }
            kept.push(entry);
        }
        *entries = kept;
        Ok(())
    }

    /// Finds the archive that is asked for, as [`select`] does. The archives that decide are read
    /// unless they have believed records.
    ///
    /// # Errors
    ///
    /// If there is no such archive, with what there is instead; if all that could be meant are
    /// misnamed; if there are several platforms; if the folder cannot be read or the caller
    /// cancels.
    pub fn find(&self, query: &Query, read: &ReadOptions<'_>) -> Result<Found, FindError> {
        let place = self.root().display().to_string();
        let mut entries = self.entries(&self.archives_of(&query.repository)?);
        let is_image_missing = entries.is_empty();
        loop {
            match select(&place, &entries, query) {
                Ok(Selected::Found(found)) => return Ok(*found),
                Ok(Selected::Unread(unread)) => {
                    let is_unread = |entry: &Entry| unread.contains(&entry.archive);
                    self.complete(&mut entries, is_unread, read)?;
                }
                // The images that are there instead are in other folders, which are only read now.
                Err(SelectError::NotFound(mut error)) if is_image_missing => {
                    let archives = self.scan()?.archives;
                    error.images = archives.iter().filter_map(ArchivePath::repository).collect();
                    error.images.sort_unstable();
                    error.images.dedup();
                    return Err(SelectError::NotFound(error).into());
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}
