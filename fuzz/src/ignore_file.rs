//! Ignore files: for arbitrary content, each path has an answer, which is the same each time. A
//! file without exceptions ignores everything in a folder that it ignores.

use std::path::Path;

use sealift_dockerignore::IgnoreFile;

const PATHS: [&str; 8] = [
    "a",
    "a/b",
    "a/b/c.log",
    "target/debug/web",
    "docs/é.md",
    ".git/config",
    "x*y/[z]",
    "a/b/c/d/e",
];

/// Checks the properties of ignore files.
pub fn holds(bytes: &[u8]) {
    let paths = PATHS.map(Path::new);
    let answers = left_out(bytes, &paths);
    assert_eq!(answers, left_out(bytes, &paths));
    if bytes.contains(&b'!') {
        return;
    }
    for (path, answer) in PATHS.iter().zip(answers.into_iter().flatten()) {
        let first = answer.iter().position(|is_left_out| *is_left_out);
        let below = first.map_or(&[][..], |first| &answer[first..]);
        assert!(below.iter().all(|is_left_out| *is_left_out), "{path}: {answer:?}");
    }
}

/// Returns, for each path, whether each folder above it and the path itself are ignored. Returns
/// `None` if the bytes are not an ignore file.
fn left_out(bytes: &[u8], paths: &[&Path]) -> Option<Vec<Vec<bool>>> {
    let ignore = IgnoreFile::parse(bytes).ok()?;
    let of_path = |path: &&Path| {
        let mut folders: Vec<&Path> = path.ancestors().collect();
        folders.pop();
        folders.iter().rev().map(|folder| ignore.is_ignored(folder)).collect()
    };
    Some(paths.iter().map(of_path).collect())
}

/// Returns ignore files.
pub fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        "# build results\n/target\n**/*.log\n!logs/c.log\nsecret\n",
        "*\n!a\n!a/**\n",
        "[a-c]/?\n[^a]*\\*\n",
        "\u{feff}a\\\n../b\n./././c\r\n",
        "a/**/e\n**\n!docs\n",
        "[\n[a-\n\\",
    ];
    texts.map(|text| text.as_bytes().to_vec()).into()
}
