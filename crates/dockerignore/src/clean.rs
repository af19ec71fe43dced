//! The shortest equivalent form of a path, as returned by Go's `filepath.Clean`.

/// Removes repeated and trailing slashes, `.`, and each `..` together with the folder before it.
pub(crate) fn clean(path: &[u8]) -> Vec<u8> {
    let is_absolute = path.starts_with(b"/");
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." if parts.last().is_some_and(|last| *last != b"..") => {
                parts.pop();
            }
            b".." if is_absolute => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join(&b'/');
    match (is_absolute, joined.is_empty()) {
        (true, _) => [b"/", &joined[..]].concat(),
        (false, true) => b".".to_vec(),
        (false, false) => joined,
    }
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn a_path_is_cleaned_like_in_go() {
        for (path, expected) in [
            ("a", "a"),
            ("", "."),
            ("./", "."),
            ("a/", "a"),
            ("a//b/./c/", "a/b/c"),
            ("a/b/../c", "a/c"),
            ("a/..", "."),
            ("a/../../b", "../b"),
            ("../../a", "../../a"),
            ("/", "/"),
            ("//a", "/a"),
            ("/../a", "/a"),
            ("...", "..."),
        ] {
            assert_eq!(clean(path.as_bytes()), expected.as_bytes(), "{path}");
        }
    }
}
