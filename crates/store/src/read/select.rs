//! Selection of the latest archive, and of the archive for a query.

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
    /// The latest archives, one for every image and platform, sorted by path.
    pub entries: Vec<Entry>,
    /// Archives that would have been chosen but are known to have a flaw.
    pub passed_over: Vec<PassedOver>,
}

impl LatestArchives {
    /// Returns the [latest](latest()) archives among entries.
    pub fn among(entries: &[Entry], options: &LatestOptions) -> Self {
        Self {
            entries: latest(entries, options).into_iter().cloned().collect(),
            passed_over: passed_over(entries, options),
        }
    }
}

impl Store {
    /// Returns the [latest](latest()) of the given archives, one for every image and platform,
    /// reading as little as possible.
    ///
    /// The names and records decide. Only the chosen archives are opened, and only a few kilobytes
    /// of each are read, which is enough to exclude files without an image. An archive that was
    /// found damaged before is read completely. The result can therefore still contain archives
    /// that are damaged, misnamed or for an unexpected platform. For a result that does not depend
    /// on existing records, pass [`examined_entries`](Self::examined_entries) to
    /// [`latest`](latest()).
    ///
    /// # Errors
    ///
    /// Returns an error if the caller cancels the operation.
    pub fn find_latest(
        &self,
        archives: &[ArchivePath],
        options: &LatestOptions,
        read: &ReadOptions<'_>,
    ) -> Result<LatestArchives, Error> {
        // Ordering by time needs the metadata of every file.
        if options.by != By::Precedence {
            return self.latest_by_entries(archives, options, read);
        }
        // Listing the records is cheaper than reading the metadata of thousands of files. The
        // platforms of recorded archives are known, and each platform has its own latest archive.
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

    /// Returns the latest archives of one image without records. Their platforms are not known, so
    /// the highest version is the latest. Only files of that version are opened. If none of them
    /// contains an image, the next version is tried.
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

    /// Returns the latest archives by repeated selection: choose the latest archives by what is
    /// known, look into those that are not known, and choose again.
    ///
    /// Looking into an archive can change the choice: if it contains no image, another archive is
    /// chosen, which may also be unknown. The loop ends because every round looks into at least one
    /// new archive. When all chosen archives have been looked into, the result cannot change any
    /// more. The platform of an archive that was only looked into stays unknown, so it competes on
    /// all platforms.
    fn latest_by_entries(
        &self,
        archives: &[ArchivePath],
        options: &LatestOptions,
        read: &ReadOptions<'_>,
    ) -> Result<LatestArchives, Error> {
        let mut entries = self.entries(archives);
        // Archives that were looked into and may contain an image.
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
            // Archives that were found damaged are rare, and may have been repaired since.
            let is_suspect = |entry: &Entry| {
                entry.suspicion == Some(Suspicion::Damaged) && unknown.contains(&entry.archive)
            };
            self.complete(&mut entries, is_suspect, read)?;
            self.look_into(&mut entries, |entry| unknown.contains(&entry.archive), &mut seen)?;
        }
    }

    /// Looks into unknown entries. Archives that may contain an image are added to `seen`. Entries
    /// of archives that no longer exist are removed.
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

    /// Returns the archive for a query, as [`select`] does. Archives on which the result depends
    /// are read if they have no valid record.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such archive (the error lists what is available), if all
    /// matching archives are misnamed, if the platform is ambiguous, if the folder cannot be read,
    /// or if the caller cancels the operation.
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
                // The available images are in other folders, which are read only for this error.
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
