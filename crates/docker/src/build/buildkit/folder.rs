//! Lists a folder for BuildKit, in the order and the form that BuildKit expects.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use bollard_buildkit_proto::fsutil::types::Stat;
use sealift_dockerignore::FolderMatches;

use crate::build::context::BuildContext;
use crate::build::context_error::ContextError;
use crate::build::walk::{Entry, Selection, Visit, walk};

// The bits of file modes in Go.
const GO_FOLDER: u32 = 1 << 31;
const GO_SYMLINK: u32 = 1 << 27;
const GO_SETUID: u32 = 1 << 23;
const GO_SETGID: u32 = 1 << 22;
const GO_STICKY: u32 = 1 << 20;

/// The part of a folder that the engine requests.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// Paths relative to the folder, each with everything below it; `None` for everything.
    pub(super) paths: Option<Vec<PathBuf>>,
    /// Whether entries that the ignore file matches are left out.
    pub(super) without_ignored: bool,
}

impl Wanted {
    /// Creates the selection for the paths that the engine is going to copy.
    ///
    /// The paths are a hint; sending more is allowed. If a path contains a pattern or a link, the
    /// complete folder above it is sent.
    pub(super) fn new(root: &Path, paths: &[String], without_ignored: bool) -> Self {
        let beginnings = paths.iter().map(|path| beginning(root, path));
        let paths = if paths.is_empty() { None } else { beginnings.collect() };
        Self { paths, without_ignored }
    }

    fn includes(&self, name: &Path) -> bool {
        self.paths.as_ref().is_none_or(|paths| paths.iter().any(|path| name.starts_with(path)))
    }

    fn may_include_below(&self, folder: &Path) -> bool {
        let is_above = |path: &PathBuf| path.starts_with(folder) || folder.starts_with(path);
        self.paths.as_ref().is_none_or(|paths| paths.iter().any(is_above))
    }
}

/// Returns the part of a path before its first pattern, or `None` for the complete folder.
fn beginning(root: &Path, path: &str) -> Option<PathBuf> {
    let mut beginning = PathBuf::new();
    for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if part == ".." {
            return None;
        }
        if part.contains(['*', '?', '[', '\\']) {
            break;
        }
        beginning.push(part);
        if fs::symlink_metadata(root.join(&beginning)).is_ok_and(|metadata| metadata.is_symlink()) {
            return None;
        }
    }
    (!beginning.as_os_str().is_empty()).then_some(beginning)
}

/// Walks a folder and passes each entry to `on_entry`, folders before their entries.
///
/// The walk ends early if `on_entry` returns `false`.
pub(super) fn list(
    context: &BuildContext,
    wanted: &Wanted,
    on_entry: &mut dyn FnMut(Stat) -> bool,
) -> Result<(), ContextError> {
    let mut listing = Listing { context, wanted, on_entry, waiting: Vec::new() };
    match walk(context, &mut listing) {
        Ok(()) | Err(Stop::NobodyListens) => Ok(()),
        Err(Stop::Failed(error)) => Err(error),
    }
}

enum Stop {
    Failed(ContextError),
    NobodyListens,
}

impl From<ContextError> for Stop {
    fn from(error: ContextError) -> Self {
        Self::Failed(error)
    }
}

struct Listing<'a> {
    context: &'a BuildContext,
    wanted: &'a Wanted,
    on_entry: &'a mut dyn FnMut(Stat) -> bool,
    /// Parent folders that are not sent themselves. They are listed when the first entry inside
    /// them is sent, because the protocol requires parents before their entries.
    waiting: Vec<Stat>,
}

impl Visit for Listing<'_> {
    type Stop = Stop;

    fn select(&self, name: &Path, folder: &FolderMatches) -> Selection {
        let ignore = self.context.ignore();
        let (is_ignored, matches) = match self.wanted.without_ignored {
            true => ignore.check(name, folder),
            false => (false, FolderMatches::default()),
        };
        Selection {
            is_sent: !is_ignored && self.wanted.includes(name),
            goes_below: self.wanted.may_include_below(name)
                && (!is_ignored || ignore.may_reinclude_below_in_buildkit(name)),
            matches,
        }
    }

    fn enter(&mut self, entry: &Entry<'_>, is_sent: bool) -> Result<(), Stop> {
        let stat = stat(entry)?;
        if !is_sent {
            self.waiting.push(stat);
            return Ok(());
        }
        for folder in std::mem::take(&mut self.waiting) {
            self.give(folder)?;
        }
        self.give(stat)
    }

    fn leave(&mut self, name: &Path) {
        // The folder is still waiting if nothing inside it was sent.
        self.waiting.pop_if(|folder| Path::new(&folder.path) == name);
    }
}

impl Listing<'_> {
    fn give(&mut self, stat: Stat) -> Result<(), Stop> {
        if (self.on_entry)(stat) { Ok(()) } else { Err(Stop::NobodyListens) }
    }
}

/// Describes an entry in BuildKit's form.
fn stat(entry: &Entry<'_>) -> Result<Stat, ContextError> {
    let Entry { name, path, metadata, first_name } = *entry;
    let read = |source| ContextError::Read { path: path.to_owned(), source };
    let utf8 = |text: &Path| match text.to_str() {
        Some(text) => Ok(text.to_owned()),
        None => Err(ContextError::NotUtf8 { path: path.to_owned() }),
    };
    let nanoseconds = metadata.mtime().saturating_mul(1_000_000_000);
    let mut stat = Stat {
        path: utf8(name)?,
        mode: go_mode(metadata),
        // Owners on this host have no meaning in the image, so everything is owned by root.
        uid: 0,
        gid: 0,
        mod_time: nanoseconds.saturating_add(metadata.mtime_nsec()),
        xattrs: attributes(path).map_err(read)?,
        ..Stat::default()
    };
    if metadata.is_dir() {
        return Ok(stat);
    }
    stat.size = i64::try_from(metadata.len()).unwrap_or(i64::MAX);
    if metadata.is_symlink() {
        stat.linkname = utf8(&fs::read_link(path).map_err(read)?)?;
    } else if let Some(first) = first_name {
        stat.linkname = utf8(first)?;
        stat.size = 0;
    }
    Ok(stat)
}

/// Returns `true` if an entry has content that can be requested. Folders and links have none.
pub(super) fn has_content(stat: &Stat) -> bool {
    stat.mode & (GO_FOLDER | GO_SYMLINK) == 0 && stat.linkname.is_empty()
}

fn go_mode(metadata: &Metadata) -> u32 {
    let mode = metadata.mode();
    let special = [(0o4000, GO_SETUID), (0o2000, GO_SETGID), (0o1000, GO_STICKY)];
    let special = special.into_iter().filter(|(bit, _)| mode & bit != 0).map(|(_, go)| go);
    let kind = match metadata.file_type() {
        kind if kind.is_dir() => GO_FOLDER,
        kind if kind.is_symlink() => GO_SYMLINK,
        _ => 0,
    };
    special.fold(kind | (mode & 0o777), |mode, bit| mode | bit)
}

/// Reads the extended attributes of a file, such as its capabilities.
fn attributes(path: &Path) -> io::Result<HashMap<String, Vec<u8>>> {
    use rustix::fs::{lgetxattr, llistxattr};
    use rustix::io::Errno;

    let mut list = vec![0; 4096];
    let count = loop {
        match llistxattr(path, &mut list[..]) {
            Ok(count) => break count,
            Err(Errno::RANGE) => list.resize(list.len() * 4, 0),
            // The file system does not support attributes.
            Err(Errno::NOTSUP) => return Ok(HashMap::new()),
            Err(error) => return Err(error.into()),
        }
    };
    let names = list[..count].split(|byte| *byte == 0).filter(|name| !name.is_empty());
    let mut attributes = HashMap::new();
    for name in names {
        let mut value = vec![0; 64 << 10];
        // An attribute that cannot be read is left out, as in the docker CLI: some attributes are
        // reserved for the kernel.
        if let Ok(length) = lgetxattr(path, name, &mut value[..])
            && let Ok(name) = std::str::from_utf8(name)
            && !name.starts_with("com.apple.")
        {
            value.truncate(length);
            attributes.insert(name.to_owned(), value);
        }
    }
    Ok(attributes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requested_path_ends_before_its_first_pattern_or_link() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("src")).unwrap();
        std::os::unix::fs::symlink("src", folder.path().join("link")).unwrap();
        let beginning = |path| beginning(folder.path(), path);
        for (path, expected) in [
            ("src/a", Some("src/a")),
            ("/src//./a/", Some("src/a")),
            ("src/*.c", Some("src")),
            ("src/a?/b", Some("src")),
            ("nowhere", Some("nowhere")),
            ("*.c", None),
            (".", None),
            ("", None),
            ("../a", None),
            ("src/../../a", None),
            ("link/a", None),
        ] {
            assert_eq!(beginning(path), expected.map(PathBuf::from), "{path}");
        }
    }

    #[test]
    fn parent_folders_are_listed_before_their_entries_even_if_they_are_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(path("a/b/c")).unwrap();
        for name in ["Dockerfile", "a/b/c/keep.c", "a/b/no", "a-b", "a/x"] {
            std::fs::write(path(name), "").unwrap();
        }
        std::fs::write(path(".dockerignore"), "*\n!**/*.c\n").unwrap();
        let request = crate::build::request::BuildRequest::new(folder.path(), "web:1");
        let (notices, _events) = crate::build::notices::Notices::new();
        let context = BuildContext::new(&request, notices).unwrap();
        let names = |paths: &[&str], without_ignored| {
            let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
            let wanted = Wanted::new(folder.path(), &paths, without_ignored);
            let mut names = Vec::new();
            list(&context, &wanted, &mut |stat| {
                names.push(stat.path);
                true
            })
            .unwrap();
            names
        };
        assert_eq!(names(&[], true), ["a", "a/b", "a/b/c", "a/b/c/keep.c"]);
        assert_eq!(names(&[".dockerignore"], false), [".dockerignore"]);
        assert_eq!(names(&["a/b/no", "a-b"], false), ["a", "a/b", "a/b/no", "a-b"]);
        assert_eq!(names(&["a/b"], true), ["a", "a/b", "a/b/c", "a/b/c/keep.c"]);
    }
}
