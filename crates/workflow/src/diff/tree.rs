//! The files of an image: its layers, one on top of the other.

use std::collections::BTreeMap;
use std::ops::Bound;

use sealift_oci::Digest;
use serde::Serialize;

/// What a name in an image is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FileKind {
    /// A regular file.
    File,
    /// A folder.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A device, a pipe, or anything else.
    Special,
}

/// What is compared of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FileFacts {
    /// What it is.
    pub kind: FileKind,
    /// The size of a regular file in bytes, otherwise 0.
    pub size: u64,
    /// The permissions.
    pub mode: u32,
    /// The numbers of the owner and the group.
    pub owner: (u64, u64),
    /// The digest of what a regular file contains, of where a link points, or of a device's
    /// numbers.
    #[serde(skip)]
    pub(crate) content: Digest,
    /// The digest of the extended attributes.
    #[serde(skip)]
    pub(crate) attributes: Digest,
}

/// An entry of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LayerEntry {
    /// A file of its own.
    Is(FileFacts),
    /// Another name of a file, by its normalised path.
    SameAs(String),
    /// Whatever the layers below have under this name is removed.
    Removed,
    /// Whatever the layers below have in this folder is removed.
    Emptied,
}

/// The files of an image by their paths, without a slash in front. Bytes that are not UTF-8 are
/// replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tree(BTreeMap<String, FileFacts>);

impl Tree {
    /// Puts a layer on top.
    pub(crate) fn apply(&mut self, layer: Vec<(String, LayerEntry)>) {
        // What a layer removes, it removes from the layers below, wherever the entry is.
        for (path, entry) in &layer {
            match entry {
                LayerEntry::Removed => self.remove(path),
                LayerEntry::Emptied => self.empty(path),
                LayerEntry::Is(_) | LayerEntry::SameAs(_) => {}
            }
        }
        for (path, entry) in layer {
            let facts = match entry {
                LayerEntry::Is(facts) => facts,
                // A link to what is not there has nothing to compare.
                LayerEntry::SameAs(target) => match self.0.get(&target) {
                    Some(facts) => facts.clone(),
                    None => continue,
                },
                LayerEntry::Removed | LayerEntry::Emptied => continue,
            };
            if facts.kind != FileKind::Directory {
                self.empty(&path);
            }
            self.0.insert(path, facts);
        }
    }

    fn remove(&mut self, path: &str) {
        self.empty(path);
        self.0.remove(path);
    }

    fn empty(&mut self, folder: &str) {
        let below: Vec<String> = self.below(folder).cloned().collect();
        for path in below {
            self.0.remove(&path);
        }
    }

    /// Returns the paths in a folder, and in those below it. The empty path is the root.
    fn below<'a>(&'a self, folder: &str) -> impl Iterator<Item = &'a String> + use<'a> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let range = (Bound::Excluded(prefix.clone()), Bound::Unbounded);
        let names = self.0.range(range).map(|(path, _)| path);
        names.take_while(move |path| path.starts_with(&prefix))
    }

    /// Returns `true` if something is in a folder.
    pub(crate) fn has_below(&self, folder: &str) -> bool {
        self.below(folder).next().is_some()
    }

    pub(crate) fn get(&self, path: &str) -> Option<&FileFacts> {
        self.0.get(path)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &FileFacts)> {
        self.0.iter()
    }
}

/// Returns a path without `.`, empty parts and a slash in front, so that each file has one.
pub(crate) fn normalized(path: &[u8]) -> String {
    let path = String::from_utf8_lossy(path);
    let parts = path.split('/').filter(|part| !part.is_empty() && *part != ".");
    parts.collect::<Vec<_>>().join("/")
}

/// Returns what an entry removes by its name, as the OCI specification defines: `.wh.NAME` removes
/// that name, and `.wh..wh..opq` what is in its folder.
pub(crate) fn whiteout(path: &str) -> Option<(String, LayerEntry)> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let removed = name.strip_prefix(".wh.")?;
    match removed {
        ".wh..opq" => Some((folder.to_owned(), LayerEntry::Emptied)),
        _ if folder.is_empty() => Some((removed.to_owned(), LayerEntry::Removed)),
        _ => Some((format!("{folder}/{removed}"), LayerEntry::Removed)),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn file(content: &str) -> LayerEntry {
        LayerEntry::Is(facts(FileKind::File, content))
    }

    pub(crate) fn folder() -> LayerEntry {
        LayerEntry::Is(facts(FileKind::Directory, ""))
    }

    fn facts(kind: FileKind, content: &str) -> FileFacts {
        FileFacts {
            kind,
            size: content.len() as u64,
            mode: 0o644,
            owner: (0, 0),
            content: Digest::of(content.as_bytes()),
            attributes: Digest::of(b""),
        }
    }

    /// Puts layers on top of each other; whiteouts are recognised by their names.
    pub(crate) fn tree(layers: &[&[(&str, LayerEntry)]]) -> Tree {
        let mut tree = Tree::default();
        for layer in layers {
            let entries = layer.iter().map(|(path, entry)| {
                let path = normalized(path.as_bytes());
                whiteout(&path).unwrap_or((path, entry.clone()))
            });
            tree.apply(entries.collect());
        }
        tree
    }

    fn paths(tree: &Tree) -> Vec<&str> {
        tree.iter().map(|(path, _)| path.as_str()).collect()
    }

    #[test]
    fn a_whiteout_removes_what_is_below_it_and_nothing_of_its_own_layer() {
        let base: &[(&str, LayerEntry)] =
            &[("./a/", folder()), ("a/1", file("1")), ("a/2", file("2")), ("a-b", file("3"))];
        let removed = tree(&[base, &[("a/.wh.1", file(""))]]);
        assert_eq!(paths(&removed), ["a", "a-b", "a/2"]);
        let removed = tree(&[base, &[(".wh.a", file(""))]]);
        assert_eq!(paths(&removed), ["a-b"]);
        // The order in the layer does not matter.
        let emptied = tree(&[base, &[("a/3", file("3")), ("a/.wh..wh..opq", file(""))]]);
        assert_eq!(paths(&emptied), ["a", "a-b", "a/3"]);
        let all = tree(&[base, &[(".wh..wh..opq", file("")), ("b", file("b"))]]);
        assert_eq!(paths(&all), ["b"]);
    }

    #[test]
    fn a_file_takes_the_place_of_a_folder_and_a_link_is_its_target() {
        let base: &[(&str, LayerEntry)] = &[("a", folder()), ("a/1", file("1")), ("b", file("b"))];
        assert_eq!(paths(&tree(&[base, &[("a", file("x"))]])), ["a", "b"]);
        assert_eq!(paths(&tree(&[base, &[("a", folder())]])), ["a", "a/1", "b"]);
        let linked = tree(&[base, &[("c", LayerEntry::SameAs("b".to_owned()))]]);
        assert_eq!(linked.get("c"), linked.get("b"));
        let dangling = tree(&[base, &[("c", LayerEntry::SameAs("none".to_owned()))]]);
        assert_eq!(dangling.get("c"), None);
    }
}
