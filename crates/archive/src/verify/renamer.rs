//! Verifies an archive and changes its name, in one pass.

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

/// Verifies a plain tar while its bytes pass, and passes them on as an archive that carries one
/// name.
///
/// Writers put any number of names into an archive, or none, in up to four places. What comes out
/// carries exactly one, the same in all of them, and always a `manifest.json`, so that every engine
/// makes the same tag of it. Content and id stay as they are. The documents with the names are
/// taken out where they stand and written anew at the end, `manifest.json` last, after a checksum
/// of the whole archive; then comes the end marker. So nobody can read an image out of it before
/// [`finish`](Self::finish) has returned.
///
/// ```
/// use sealift_archive::{Naming, Renamer, VerifyOptions};
/// use sealift_filename::{Repository, Version};
///
/// let naming = Naming::new(&Repository::parse("web")?, &Version::new("1.0"))?;
/// let mut renamer = Renamer::new(naming, VerifyOptions::default());
/// let mut output = Vec::new();
/// renamer.push(&[0; 1024], &mut output)?; // an empty tar: nothing but the end marker
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
    /// Creates a renamer that has seen nothing yet.
    pub fn new(naming: Naming, options: VerifyOptions) -> Self {
        Self { verifier: Verifier::new(options.clone()), options, naming, copy: TarCopy::default() }
    }

    /// Leaves out everything that does not belong to the image of an earlier pass, which was picked
    /// from several in the same archive.
    pub fn only(mut self, contents: &Contents) -> Self {
        self.copy.only.clone_from(&contents.layout().belonging);
        self
    }

    /// Returns the name that the archive is given.
    pub fn naming(&self) -> &Naming {
        &self.naming
    }

    /// Takes the next bytes, and appends to `output` what the archive continues with.
    ///
    /// # Errors
    ///
    /// As soon as the stream cannot be an archive any more.
    pub fn push(&mut self, bytes: &[u8], output: &mut Vec<u8>) -> Result<(), Fault> {
        std::mem::swap(&mut self.copy.output, output);
        let start = self.copy.output.len();
        let result = self.verifier.push_to(bytes, &mut self.copy);
        std::mem::swap(&mut self.copy.output, output);
        self.copy.size += (output.len() - start) as u64;
        self.copy.crc.update(&output[start..]);
        result
    }

    /// Ends the stream and appends the end of the archive to `output`. The contents are those of
    /// the archive which was passed on.
    ///
    /// # Errors
    ///
    /// The fault that was found; then nothing is appended.
    pub fn finish(self, output: &mut Vec<u8>) -> Result<Contents, Fault> {
        let mut entries = self.verifier.into_entries()?;
        let before = judge(&entries, self.options.platform.as_ref())?;
        let documents = before.layout.documents(&self.naming);

        // The same judgement once more, of what was passed on.
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
                    reason: "describes another image under another name".to_owned(),
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

/// Appends the documents to the archive, the last one after a checksum of everything. `crc` is that
/// of all bytes before.
fn append(documents: &Documents, mut crc: crc32fast::Hasher, output: &mut Vec<u8>) {
    let mut entries: Vec<Vec<u8>> =
        documents.entries().map(|(name, json)| entry(name, &json)).collect();
    entries.iter().for_each(|entry| crc.update(entry));
    let last = entries.pop().unwrap_or_default();
    output.extend(entries.concat());
    output.extend(checksum(crc.finalize()));
    output.extend(last);
}

/// What of an archive's bytes is passed on.
#[derive(Default)]
struct TarCopy {
    output: Vec<u8>,
    /// How many bytes were passed on.
    size: u64,
    /// The CRC-32 of what was passed on.
    crc: crc32fast::Hasher,
    /// How many bytes were left out.
    left_out: u64,
    /// The headers of an entry whose name is not known yet.
    pending: Vec<u8>,
    /// Whether the headers have just told the entry's name.
    begins: bool,
    /// Whether the current entry is passed on.
    keep: bool,
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
