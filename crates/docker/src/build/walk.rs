//! Walks over the folder of a context.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use sealift_dockerignore::FolderMatches;

use crate::build::context::BuildContext;
use crate::build::context_error::ContextError;
use crate::build::event::LeftOut;
use crate::build::notices::special;

/// An entry of a context that can be sent: a file, a folder or a symbolic link.
pub(crate) struct Entry<'a> {
    /// The path, relative to the context.
    pub(crate) name: &'a Path,
    /// The path on disk.
    pub(crate) path: &'a Path,
    pub(crate) metadata: &'a Metadata,
    /// The name under which the same file was visited before, if it has several names (hard links).
    pub(crate) first_name: Option<&'a Path>,
}

/// The decision about an entry.
pub(crate) struct Selection {
    pub(crate) is_sent: bool,
    /// Whether the entries of the folder are visited.
    pub(crate) goes_below: bool,
    /// The patterns that match the entry, and therefore all entries below it.
    pub(crate) matches: FolderMatches,
}

/// The visitor of a walk, which decides what is sent and sends it.
pub(crate) trait Visit {
    type Stop: From<ContextError>;

    /// Decides about an entry, given the matches of the folder that contains it.
    fn select(&self, name: &Path, folder: &FolderMatches) -> Selection;

    /// Visits an entry that is sent, or a folder that is not sent but may contain entries that are.
    fn enter(&mut self, entry: &Entry<'_>, is_sent: bool) -> Result<(), Self::Stop>;

    /// Called after everything below a folder was visited.
    fn leave(&mut self, _name: &Path) {}
}

/// Visits the entries of a context in the order of their names, folders before their entries.
///
/// Sockets, pipes, devices and paths that the request excludes are reported instead of visited.
pub(crate) fn walk<V: Visit>(context: &BuildContext, visitor: &mut V) -> Result<(), V::Stop> {
    let mut walk = Walk { context, visitor, linked: HashMap::new() };
    walk.folder(Path::new(""), &FolderMatches::default())
}

struct Walk<'a, V> {
    context: &'a BuildContext,
    visitor: &'a mut V,
    /// The first names of files with several names, by device and inode.
    linked: HashMap<(u64, u64), PathBuf>,
}

impl<V: Visit> Walk<'_, V> {
    fn folder(&mut self, folder: &Path, matches: &FolderMatches) -> Result<(), V::Stop> {
        let path = self.context.root().join(folder);
        let names = fs::read_dir(&path).and_then(|entries| {
            entries.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()
        });
        let mut names = names.map_err(|source| ContextError::Read { path, source })?;
        names.sort_unstable();
        names.into_iter().try_for_each(|name| self.entry(&folder.join(name), matches))
    }

    fn entry(&mut self, name: &Path, of_folder: &FolderMatches) -> Result<(), V::Stop> {
        let path = self.context.root().join(name);
        let metadata = fs::symlink_metadata(&path)
            .map_err(|source| ContextError::Read { path: path.clone(), source })?;
        let Selection { is_sent, goes_below, matches } = self.visitor.select(name, of_folder);
        let goes_below = goes_below && metadata.is_dir();
        if !is_sent && !goes_below {
            return Ok(());
        }
        let left_out = match self.context.excludes(name) {
            true => Some(LeftOut::Excluded),
            false => special(metadata.file_type()),
        };
        if let Some(reason) = left_out {
            if is_sent {
                self.context.notices().left_out(name, reason);
            }
            return Ok(());
        }
        let first_name = self.first_name(name, &metadata);
        let first_name = first_name.as_deref();
        let entry = Entry { name, path: &path, metadata: &metadata, first_name };
        self.visitor.enter(&entry, is_sent)?;
        if goes_below {
            self.folder(name, &matches)?;
            self.visitor.leave(name);
        }
        Ok(())
    }

    /// Returns the name under which a file with several names was visited before.
    fn first_name(&mut self, name: &Path, metadata: &Metadata) -> Option<PathBuf> {
        if metadata.is_dir() || metadata.nlink() < 2 {
            return None;
        }
        let file = (metadata.dev(), metadata.ino());
        let first = self.linked.get(&file).cloned();
        if first.is_none() {
            self.linked.insert(file, name.to_owned());
        }
        first
    }
}
