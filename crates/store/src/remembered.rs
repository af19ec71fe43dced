//! Small documents that a store remembers, such as the last config of a place.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::Path;

use sealift_oci::Digest;

use crate::error::Error;
use crate::fs::dir::Dir;
use crate::fs::own_folder::{SEALIFT_FOLDER, make_folder};
use crate::fs::unique::create_unique;
use crate::store::Store;

/// The folder of remembered documents in `.sealift`.
const FOLDER: &str = "remembered";

/// The largest size of a document in bytes.
const LONGEST: u64 = 64 << 20;

impl Store {
    /// Returns the document that was stored for a topic, or `None` if it is missing.
    ///
    /// ```
    /// let folder = tempfile::tempdir()?;
    /// let store = sealift_store::Store::create(folder.path())?;
    /// let topic = "https://cdn.example.org/images.json";
    /// assert_eq!(store.recall(topic), None);
    /// store.remember(topic, b"{}")?;
    /// assert_eq!(store.recall(topic).as_deref(), Some(&b"{}"[..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn recall(&self, topic: &str) -> Option<Vec<u8>> {
        let folder = Dir::open(self.root(), &relative()).ok()?;
        let file = folder.open_file(&name_of(topic)).ok()?;
        read(&file).ok()
    }

    /// Stores a document for a topic and replaces the previous one atomically. The file is not
    /// synced: if a crash damages it, it counts as missing.
    ///
    /// # Errors
    ///
    /// Returns an error if the folder cannot be written.
    pub fn remember(&self, topic: &str, document: &[u8]) -> Result<(), Error> {
        make_folder(&self.sealift_folder())?;
        let path = self.sealift_folder().join(FOLDER);
        write(self.root(), topic, document).map_err(Error::at("write in", &path))
    }
}

fn relative() -> String {
    format!("{SEALIFT_FOLDER}/{FOLDER}")
}

/// Returns the file name of a document. Topics are hashed, because they can be long and contain any
/// characters.
fn name_of(topic: &str) -> String {
    format!("{}.json", Digest::of(topic.as_bytes()).hex())
}

fn read(file: &File) -> io::Result<Vec<u8>> {
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.len() > LONGEST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut document = Vec::new();
    file.take(LONGEST).read_to_end(&mut document)?;
    Ok(document)
}

fn write(root: &Path, topic: &str, document: &[u8]) -> io::Result<()> {
    let folder = Dir::create(root, &relative())?;
    let (mut file, draft) = create_unique(&folder, "draft-", "", 0o600)?;
    let written =
        file.write_all(document).and_then(|()| folder.rename(&draft, &folder, &name_of(topic)));
    if written.is_err() {
        let _ = folder.remove_file(&draft);
    }
    written
}
