//! Folders and ignore files with unusual content, to build from.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::select;

/// Names of files and folders: plain ones, names with characters that are special in patterns, and
/// names that are not UTF-8.
const NAMES: [&[u8]; 29] = [
    b"a",
    b"b",
    b"c",
    b"ab",
    b"abc",
    b"a.go",
    b"b.txt",
    b".x",
    b"A-b",
    b"a b",
    b"[a]",
    b"a*b",
    b"a\\b",
    b"^a",
    b"(a)",
    b"a+b",
    b"a|b",
    b"|",
    b"a{2}",
    b"{a,b}",
    b"aa",
    b"aab",
    b"!a",
    b"#a",
    b"1",
    "é".as_bytes(),
    "☺".as_bytes(),
    b"\xff",
    b"Dockerfile",
];

/// The parts of patterns between slashes.
const PARTS: [&str; 54] = [
    "a",
    "b",
    "c",
    "ab",
    "abc",
    "a.go",
    "b.txt",
    ".x",
    "a b",
    "é",
    "*",
    "**",
    "?",
    "a*",
    "*b",
    "*.go",
    "*.*",
    "a?",
    "**b",
    "a**",
    "[a-c]",
    "[^a]",
    "[^b]*",
    "a[*]b",
    "[[]a]",
    "[[:alpha:]]",
    "\\a",
    "a\\*b",
    "a\\\\b",
    "\\d",
    "\\w*",
    "^a",
    "^a*",
    "(a)",
    "a+b",
    "a|b",
    "a|b*",
    "*|b",
    "?|",
    "|",
    "a{2}",
    "a{2}*",
    "[ab]{1,2}",
    "?{2}",
    "{2,}*",
    "*{2}",
    "{a,b}",
    "{a,b}*",
    "a\\{2}*",
    "#a",
    ".",
    "..",
    "☺",
    "Dockerfile",
];

/// An entry of a folder.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    File {
        mode: u32,
    },
    Folder {
        mode: u32,
        nodes: Vec<(&'static [u8], Node)>,
    },
    Link {
        target: &'static str,
    },
    /// Another name of the first file.
    Again,
}

pub(crate) fn nodes() -> impl Strategy<Value = Vec<(&'static [u8], Node)>> {
    let leaf = prop_oneof![
        6 => select(&[0o644, 0o600, 0o755, 0o4755, 0o2750, 0o666][..]).prop_map(|mode| Node::File { mode }),
        1 => select(&["a", "./a", "../b//c/", "/nowhere", "a/../b/."][..]).prop_map(|target| Node::Link { target }),
        1 => Just(Node::Again),
    ];
    let node = leaf.prop_recursive(3, 48, 6, |node| {
        let nodes = prop::collection::vec((select(&NAMES[..]), node), 0..6);
        let mode = select(&[0o755, 0o700, 0o1777, 0o2775][..]);
        (mode, nodes).prop_map(|(mode, nodes)| Node::Folder { mode, nodes })
    });
    prop::collection::vec((select(&NAMES[..]), node), 1..8)
}

/// Lines of an ignore file, most of which are valid patterns.
pub(crate) fn lines() -> impl Strategy<Value = Vec<String>> {
    let path = prop::collection::vec(select(&PARTS[..]), 1..4).prop_map(|parts| parts.join("/"));
    let before = select(&["", "", "", "", "", "/", "./", " ", "../../"][..]);
    let behind = select(&["", "", "", "", "", "/", "/**", "/*", " ", "\r", "//."][..]);
    let mark = select(&["", "", "", "!", "!", "! "][..]);
    let pattern = (mark, before, path, behind)
        .prop_map(|(mark, before, path, behind)| format!("{mark}{before}{path}{behind}"));
    let line = prop_oneof![
        12 => pattern,
        1 => select(&["# a", "", " \t", "*", "**", "!**", "*", "!a", "!a/b", "\u{feff}a*"][..]).prop_map(str::to_owned),
        2 => "[]ab*?!/.^|{}12,\\\\\\[-]{1,8}",
    ];
    prop::collection::vec(line, 0..7)
}

pub(crate) fn make(folder: &Path, nodes: &[(&[u8], Node)], first: &mut Option<PathBuf>) {
    for (name, node) in nodes {
        let path = folder.join(OsStr::from_bytes(name));
        // If a name occurs twice, the first entry is used.
        if path.symlink_metadata().is_ok() {
            continue;
        }
        match node {
            Node::File { mode } => {
                fs::write(&path, name).unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).unwrap();
                first.get_or_insert(path);
            }
            Node::Folder { mode, nodes } => {
                fs::create_dir(&path).unwrap();
                make(&path, nodes, first);
                fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).unwrap();
            }
            Node::Link { target } => symlink(target, &path).unwrap(),
            Node::Again => {
                if let Some(first) = first {
                    fs::hard_link(first, &path).unwrap();
                }
            }
        }
    }
}
