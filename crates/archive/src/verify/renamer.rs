//! The renamer, which verifies an archive and changes its name in one pass.

use std::collections::BTreeSet;

use crate::contents::Contents;
use crate::error::Fault;
use crate::verify::entries::{Content, Entry};
use crate::verify::judge::judge;
use crate::verify::layout::{Documents, INDEX_JSON, MANIFEST_JSON, Naming, REPOSITORIES};
use crate::verify::links::normalize;
use crate::verify::tar_entry::{END_MARKER, checksum, entry};
use crate::verify::tar_sink::TarSection;
use crate::verify::verifier::CopySink;
use crate::verify::verifier::{Verifier, VerifyOptions};

/// Verifies a plain tar and changes the name of the image in it, in one pass.
///
/// Engines write any number of names into an archive, in up to four places. The renamed archive
/// has exactly one name, the same in all places, so that every engine creates the same tag from it.
/// It always has a `manifest.json`. The content and the id of the image do not change.
///
/// The documents with the names are removed from their places, because their new content is known
/// only at the end. [`finish`](Self::finish) appends them in this order:
///
/// ```text
/// entries without documents │ repositories │ index.json │ checksum │ manifest.json │ end marker
/// ```
///
/// The checksum covers the complete archive. A receiver of the output cannot use the image before
/// `finish` has verified the archive, because `manifest.json` and the end marker are missing.
///
/// ```
/// use sealift_archive::{Naming, Renamer, VerifyOptions};
/// use sealift_filename::{Repository, Version};
///
/// let naming = Naming::new(&Repository::parse("web")?, &Version::new("1.0"))?;
/// let mut renamer = Renamer::new(naming, VerifyOptions::default());
/// let mut output = Vec::new();
/// renamer.push(&[0; 1024], &mut output)?; // an empty tar, which is only an end marker
/// assert!(output.is_empty());
/// assert!(renamer.finish(&mut output).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "only `finish` returns what is verified"]
pub struct Renamer {
    verifier: Verifier,
    options: VerifyOptions,
    naming: Naming,
    copy: TarCopy,
}

impl Renamer {
    /// Creates a renamer at the start of a tar.
    pub fn new(naming: Naming, options: VerifyOptions) -> Self {
        Self { verifier: Verifier::new(options.clone()), options, naming, copy: TarCopy::default() }
    }

    /// Drops all entries that do not belong to one image. `contents` are those of an earlier pass
    /// over the same archive, which selected this image from several.
    pub fn only(mut self, contents: &Contents) -> Self {
        self.copy.only.clone_from(&contents.layout().belonging);
        self
    }

    /// Returns the new name.
    pub fn naming(&self) -> &Naming {
        &self.naming
    }

    /// Reads the next bytes of the tar and appends the next bytes of the renamed tar to `output`.
    ///
    /// # Errors
    ///
    /// The first fault in the structure of the tar.
    pub fn push(&mut self, bytes: &[u8], output: &mut Vec<u8>) -> Result<(), Fault> {
        std::mem::swap(&mut self.copy.output, output);
        let start = self.copy.output.len();
        let result = self.verifier.push_to(bytes, &mut self.copy);
        std::mem::swap(&mut self.copy.output, output);
        self.copy.size += (output.len() - start) as u64;
        self.copy.crc.update(&output[start..]);
        result
    }

    /// Verifies the archive and appends the end of the renamed tar to `output`. Returns the
    /// contents of the renamed archive.
    ///
    /// # Errors
    ///
    /// The fault that was found. Nothing is appended in this case.
    pub fn finish(self, output: &mut Vec<u8>) -> Result<Contents, Fault> {
        let mut entries = self.verifier.into_entries()?;
        let before = judge(&entries, self.options.platform.as_ref())?;
        let documents = before.layout.documents(&self.naming);

        // The renamed archive is verified as well, with the entries that it contains.
        entries.retain(|name, _| self.copy.keeps(name));
        let start = output.len();
        append(&documents, self.copy.crc, output);
        for (name, json) in documents.entries() {
            entries.insert(name.to_owned(), Entry::File(Content::of_json(json)));
        }
        let after = judge(&entries, None).and_then(|after| {
            match after.identity.config == before.identity.config {
                true => Ok(after),
                false => Err(Fault::BadMetadata {
                    entry: MANIFEST_JSON.to_owned(),
                    reason: "describes a different image after the archive is renamed".to_owned(),
                }),
            }
        });
        let after = after.inspect_err(|_| output.truncate(start))?;
        output.extend_from_slice(&END_MARKER);
        let size = self.copy.size + (output.len() - start) as u64;
        let lacked_manifest = before.layout.manifest_json.is_none();
        Ok(Contents::new(after, size).with_lacked_manifest(lacked_manifest))
    }
}

/// Appends the documents to the archive, and before the last one a checksum of the complete
/// archive. `crc` is that of all bytes before the documents.
fn append(documents: &Documents, mut crc: crc32fast::Hasher, output: &mut Vec<u8>) {
    let mut entries: Vec<Vec<u8>> =
        documents.entries().map(|(name, json)| entry(name, &json)).collect();
    entries.iter().for_each(|entry| crc.update(entry));
    let last = entries.pop().unwrap_or_default();
    output.extend(entries.concat());
    output.extend(checksum(crc.finalize()));
    output.extend(last);
}

/// The copy of the archive without the documents that contain names.
#[derive(Default)]
struct TarCopy {
    output: Vec<u8>,
    /// The number of bytes that were copied.
    size: u64,
    /// The CRC-32 of the bytes that were copied.
    crc: crc32fast::Hasher,
    /// The number of bytes that were dropped.
    left_out: u64,
    /// The headers of an entry whose name is not known yet.
    pending: Vec<u8>,
    /// Whether the bytes that follow complete the headers of an entry, whose name is now known.
    begins: bool,
    /// Whether the current entry is copied.
    keep: bool,
    /// The names of the entries to copy. `None` if all are copied.
    only: Option<BTreeSet<String>>,
}

impl TarCopy {
    fn keeps(&self, name: &str) -> bool {
        ![MANIFEST_JSON, INDEX_JSON, REPOSITORIES].contains(&name)
            && self.only.as_ref().is_none_or(|only| only.contains(name))
    }
}

impl CopySink for TarCopy {
    fn begin(&mut self, name: &str) -> u64 {
        self.begins = true;
        self.keep = self.keeps(&normalize(name));
        self.left_out
    }

    fn raw(&mut self, part: TarSection, bytes: &[u8]) {
        match part {
            TarSection::Header => {
                self.pending.extend_from_slice(bytes);
                if std::mem::take(&mut self.begins) {
                    if self.keep {
                        self.output.append(&mut self.pending);
                    }
                    self.left_out += self.pending.len() as u64;
                    self.pending.clear();
                }
            }
            TarSection::Content if self.keep => self.output.extend_from_slice(bytes),
            TarSection::Content | TarSection::AfterEnd => self.left_out += bytes.len() as u64,
        }
    }
}
