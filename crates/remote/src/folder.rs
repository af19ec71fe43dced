//! A folder on this machine or on a mounted share.

use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use rustix::fs::{FlockOperation, flock};
use tempfile::NamedTempFile;

use crate::download::{Download, Get, GetRequest};
use crate::error::{Error, ErrorKind};
use crate::key::Key;
use crate::object::{Entry, Etag, Object};
use crate::upload::{Condition, PutOptions, Upload};

/// The number of bytes of a file that are read or written at once.
const PART: usize = 256 * 1024;

/// The prefix and the suffix of the names of staging files.
const STAGED: (&str, &str) = (".sealift-", ".part");

/// A folder. A file in it is replaced by renaming, under a lock on the folder.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    root: Arc<Path>,
}

impl Folder {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.into() }
    }

    fn path_of(&self, key: &Key) -> PathBuf {
        self.root.join(key.as_str())
    }

    pub(crate) async fn head(&self, key: &Key) -> Result<Option<Object>, Error> {
        let path = self.path_of(key);
        blocking(move || match opened(&path)? {
            Some((_, object)) => Ok(Some(object)),
            None => Ok(None),
        })
        .await
    }

    pub(crate) async fn get(&self, key: &Key, request: &GetRequest) -> Result<Get, Error> {
        let path = self.path_of(key);
        let request = request.clone();
        blocking(move || {
            let Some((file, object)) = opened(&path)? else { return Ok(Get::NotFound) };
            if request.if_none_match.is_some() && request.if_none_match == object.etag {
                return Ok(Get::NotModified);
            }
            if request.if_match.is_some() && request.if_match != object.etag {
                return Err(changed("read", &path));
            }
            let size = object.size.unwrap_or_default();
            let range = request.range.unwrap_or(0..size);
            if range.start > range.end || range.end > size {
                let reason = format!("it has {size} bytes, not {}", range.end);
                return Err(Error::new("read", shown(&path), ErrorKind::BadAnswer, reason));
            }
            let offset = range.start;
            Ok(Get::Found(Download::new(shown(&path), object, offset, body(path, file, range))))
        })
        .await
    }

    pub(crate) async fn put(
        &self,
        key: &Key,
        upload: Upload,
        options: &PutOptions<'_>,
    ) -> Result<Object, Error> {
        let (root, path) = (Arc::clone(&self.root), self.path_of(key));
        let condition = options.condition.clone();
        let size = upload.size();
        let object = blocking(move || {
            let failed = |error| Error::io("write", shown(&path), error);
            let folder = path.parent().unwrap_or(&root);
            fs::create_dir_all(folder).map_err(failed)?;
            let mut staged = staged(&root, folder).map_err(failed)?;
            write_all(staged.as_file_mut(), &upload).map_err(failed)?;
            staged.as_file().sync_all().map_err(failed)?;
            let _lock = locked(&root).map_err(failed)?;
            let before = opened(&path)?.map(|(_, object)| object.etag);
            match condition {
                Condition::Always => {}
                Condition::Absent if before.is_none() => {}
                Condition::Matches(etag) if before == Some(Some(etag.clone())) => {}
                Condition::Absent | Condition::Matches(_) => return Err(changed("write", &path)),
            }
            let file = staged.persist(&path).map_err(|error| failed(error.error))?;
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
            described(&file).map_err(failed)
        })
        .await?;
        if let Some(on_bytes) = options.on_bytes {
            on_bytes(size);
        }
        Ok(object)
    }

    pub(crate) async fn list(&self) -> Result<Vec<Entry>, Error> {
        let root = Arc::clone(&self.root);
        blocking(move || {
            let mut found = Vec::new();
            list_into(&root, "", &mut found)?;
            found.sort_by(|one: &Entry, other| one.key.cmp(&other.key));
            Ok(found)
        })
        .await
    }

    pub(crate) async fn remove(&self, key: &Key) -> Result<bool, Error> {
        let path = self.path_of(key);
        blocking(move || match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(Error::io("remove", shown(&path), error)),
        })
        .await
    }
}

/// Runs a blocking function in the thread pool for such functions.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(Error::io("finish", "the work on a file", error.into())),
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn changed(operation: &'static str, path: &Path) -> Error {
    Error::new(operation, shown(path), ErrorKind::Changed, "it changed in the meantime")
}

/// Opens a file. Returns `None` if it does not exist.
fn opened(path: &Path) -> Result<Option<(File, Object)>, Error> {
    let failed = |error| Error::io("read", shown(path), error);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(failed(error)),
    };
    let object = described(&file).map_err(failed)?;
    Ok(Some((file, object)))
}

/// Locks a folder until the returned file is dropped.
fn locked(root: &Path) -> io::Result<File> {
    let lock = File::open(root)?;
    flock(&lock, FlockOperation::LockExclusive)?;
    Ok(lock)
}

/// Creates a staging file. Its writer holds a lock on it. Staging files without a lock are
/// leftovers of killed writers, and are removed.
fn staged(root: &Path, folder: &Path) -> io::Result<NamedTempFile> {
    let _lock = locked(root)?;
    for entry in fs::read_dir(folder)?.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(STAGED.0) && name.ends_with(STAGED.1) {
            let is_left = File::open(entry.path())
                .is_ok_and(|file| flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok());
            if is_left {
                // Another user may not have the permission to remove it. It does no harm.
                let _ = fs::remove_file(entry.path());
            }
        }
    }
    let staged = tempfile::Builder::new()
        .prefix(STAGED.0)
        .suffix(STAGED.1)
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
        .tempfile_in(folder)?;
    flock(staged.as_file(), FlockOperation::NonBlockingLockExclusive)?;
    Ok(staged)
}

/// Describes a file. A file that is replaced gets another inode, and therefore another tag.
fn described(file: &File) -> io::Result<Object> {
    let stat = file.metadata()?;
    if !stat.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
    }
    let tag =
        format!("\"{:x}-{:x}.{:x}-{:x}\"", stat.ino(), stat.mtime(), stat.mtime_nsec(), stat.len());
    Ok(Object { size: Some(stat.len()), etag: Some(Etag::new(tag)), ..Object::unknown() })
}

/// Returns a range of a file as a stream.
fn body(path: PathBuf, file: File, range: Range<u64>) -> BoxStream<'static, Result<Bytes, Error>> {
    let file = Arc::new(file);
    stream::try_unfold(range, move |left| {
        let (file, path) = (Arc::clone(&file), path.clone());
        async move {
            if left.is_empty() {
                return Ok(None);
            }
            let size = usize::try_from(left.end - left.start).unwrap_or(PART).min(PART);
            // Allocated here and not in the thread that fills it, because allocators keep freed
            // memory for each thread. All chunks have the same capacity, so that freed memory fits
            // the next one.
            let mut chunk = Vec::with_capacity(PART);
            chunk.resize(size, 0);
            blocking(move || {
                file.read_exact_at(&mut chunk, left.start)
                    .map_err(|error| Error::io("read", shown(&path), error))?;
                let next = left.start + size as u64..left.end;
                Ok(Some((Bytes::from(chunk), next)))
            })
            .await
        }
    })
    .boxed()
}

fn write_all(file: &mut File, upload: &Upload) -> io::Result<()> {
    match upload {
        Upload::Bytes(bytes) => file.write_all(bytes),
        Upload::File { file: source, size } => {
            let mut buffer = vec![0; PART];
            let mut at = 0;
            while at < *size {
                let want = usize::try_from(size - at).unwrap_or(PART).min(PART);
                source.read_exact_at(&mut buffer[..want], at)?;
                file.write_all(&buffer[..want])?;
                at += want as u64;
            }
            Ok(())
        }
    }
}

fn list_into(folder: &Path, prefix: &str, found: &mut Vec<Entry>) -> Result<(), Error> {
    let failed = |error| Error::io("list", shown(folder), error);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else { continue };
        let Ok(key) = format!("{prefix}{name}").parse::<Key>() else { continue };
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() {
            list_into(&entry.path(), &format!("{key}/"), found)?;
        } else if kind.is_file() {
            found.push(Entry { size: entry.metadata().map_err(failed)?.len(), key });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn put(folder: &Folder, text: &str, condition: Condition) -> Result<Object, Error> {
        let key: Key = "team/a.txt".parse().unwrap();
        folder.put(&key, text.into(), &PutOptions::default().with_condition(condition)).await
    }

    #[tokio::test]
    async fn a_file_is_replaced_only_if_the_condition_holds() {
        let directory = tempfile::tempdir().unwrap();
        let folder = Folder::new(directory.path());
        let first = put(&folder, "one", Condition::Absent).await.unwrap();
        let error = put(&folder, "two", Condition::Absent).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Changed);
        let etag = first.etag.unwrap();
        put(&folder, "two", Condition::Matches(etag.clone())).await.unwrap();
        let error = put(&folder, "three", Condition::Matches(etag)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Changed);
        assert_eq!(fs::read_to_string(directory.path().join("team/a.txt")).unwrap(), "two");
        assert_eq!(fs::read_dir(directory.path().join("team")).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn leftovers_of_killed_writers_are_removed() {
        let directory = tempfile::tempdir().unwrap();
        let folder = Folder::new(directory.path());
        let team = directory.path().join("team");
        fs::create_dir(&team).unwrap();
        let left = team.join(".sealift-dead.part");
        let (kept, other) = (team.join(".sealift-alive.part"), team.join(".other.part"));
        for path in [&left, &kept, &other] {
            fs::write(path, "half").unwrap();
        }
        let _writer = locked(&kept).unwrap();
        put(&folder, "one", Condition::Absent).await.unwrap();
        assert!(!left.exists() && kept.exists() && other.exists());
    }

    #[tokio::test]
    async fn a_range_contains_the_requested_bytes() {
        let directory = tempfile::tempdir().unwrap();
        let folder = Folder::new(directory.path());
        let content: Vec<u8> = (0..600_000_u32).map(|n| n as u8).collect();
        fs::write(directory.path().join("a"), &content).unwrap();
        let key: Key = "a".parse().unwrap();
        for range in [0..0, 0..600_000, 5..6, 100_000..599_999, 600_000..600_000] {
            let request = GetRequest::default().with_range(range.clone());
            let download = folder.get(&key, &request).await.unwrap().found().unwrap();
            assert_eq!(download.offset(), range.start);
            let bytes = download.bytes(1 << 20).await.unwrap();
            assert_eq!(bytes, content[range.start as usize..range.end as usize]);
        }
        let request = GetRequest::default().with_range(5..600_001);
        assert_eq!(folder.get(&key, &request).await.unwrap_err().kind(), ErrorKind::BadAnswer);
    }
}
