//! The files of an image, as the result of applying its layers in order.

use std::collections::BTreeMap;
use std::ops::Bound;

use sealift_oci::Digest;
use serde::Serialize;

/// The type of a file in an image.
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
    /// A device, a named pipe, or another special file.
    Special,
}

/// The properties of a file that are compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FileFacts {
    /// The type of the file.
    pub kind: FileKind,
    /// The size of a regular file in bytes, otherwise 0.
    pub size: u64,
    /// The permission bits.
    pub mode: u32,
    /// The user id and the group id.
    pub owner: (u64, u64),
    /// The digest of a regular file's content, of a link's target, or of a device's numbers.
    #[serde(skip)]
    pub(crate) content: Digest,
    /// The digest of the extended attributes.
    #[serde(skip)]
    pub(crate) attributes: Digest,
}

/// An entry of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LayerEntry {
    /// A file with its own content.
    Is(FileFacts),
    /// A hard link to a file, given by its normalized path.
    SameAs(String),
    /// A whiteout: removes the path from the layers below.
    Removed,
    /// An opaque whiteout: removes everything in the folder from the layers below.
    Emptied,
}

/// The files of an image, keyed by path without a leading slash. Invalid UTF-8 is replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tree(BTreeMap<String, FileFacts>);

impl Tree {
    /// Applies a layer on top of the current files.
    pub(crate) fn apply(&mut self, layer: Vec<(String, LayerEntry)>) {
        // Whiteouts apply only to the layers below, wherever they are in their own layer. They are
        // applied before any file of the layer is added.
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
                // A link without a target has no properties to compare.
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

    /// Returns the paths of everything below a folder. The empty path is the root.
    fn below<'a>(&'a self, folder: &str) -> impl Iterator<Item = &'a String> + use<'a> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let range = (Bound::Excluded(prefix.clone()), Bound::Unbounded);
        let names = self.0.range(range).map(|(path, _)| path);
        names.take_while(move |path| path.starts_with(&prefix))
    }

    /// Returns `true` if there is anything below a folder.
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

/// Returns a path without `.`, empty components and a leading slash, so that equal paths have equal
/// texts.
pub(crate) fn normalized(path: &[u8]) -> String {
    let path = String::from_utf8_lossy(path);
    let parts = path.split('/').filter(|part| !part.is_empty() && *part != ".");
    parts.collect::<Vec<_>>().join("/")
}

/// Parses a whiteout, as the OCI specification defines it: `.wh.NAME` removes `NAME`, and
/// `.wh..wh..opq` removes everything in its folder. Returns `None` for other paths.
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

    /// Creates a tree from layers. Whiteouts are recognized by their names.
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
    fn a_whiteout_removes_files_of_lower_layers_only() {
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
    fn a_file_replaces_a_folder_and_a_link_equals_its_target() {
        let base: &[(&str, LayerEntry)] = &[("a", folder()), ("a/1", file("1")), ("b", file("b"))];
        assert_eq!(paths(&tree(&[base, &[("a", file("x"))]])), ["a", "b"]);
        assert_eq!(paths(&tree(&[base, &[("a", folder())]])), ["a", "a/1", "b"]);
        let linked = tree(&[base, &[("c", LayerEntry::SameAs("b".to_owned()))]]);
        assert_eq!(linked.get("c"), linked.get("b"));
        let dangling = tree(&[base, &[("c", LayerEntry::SameAs("none".to_owned()))]]);
        assert_eq!(dangling.get("c"), None);
    }
}
