//! The format of `sha256sum`.

#[cfg(any(feature = "remote", test))]
use std::collections::BTreeMap;

use sealift_oci::Digest;

/// Returns the line of a file, without a line break.
pub(crate) fn line(path: &str, sha256: &Digest) -> String {
    let sha256 = sha256.hex();
    if !path.contains(['\\', '\n', '\r']) {
        return format!("{sha256}  {path}");
    }
    // A backslash at the start of the line marks an escaped name.
    let path = path.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
    format!("\\{sha256}  {path}")
}

/// Returns the checksums of all lines, keyed by path. Lines that `sha256sum` would not accept are
/// ignored. Lines with escaped paths are also ignored, because published files have no such names.
#[cfg(any(feature = "remote", test))]
pub(crate) fn parse(text: &str) -> BTreeMap<&str, Digest> {
    let parse_line = |line: &'_ str| -> Option<(usize, Digest)> {
        let sha256 = Digest::from_hex(line.get(..64)?)?;
        matches!(line.get(64..66)?, "  " | " *").then_some((66, sha256))
    };
    text.lines()
        .filter_map(|line| {
            let (at, sha256) = parse_line(line)?;
            Some((&line[at..], sha256))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_escaped_like_those_of_sha256sum() {
        let sha256 = Digest::of(b"");
        let line = |path: &str| line(path, &sha256).replace(&sha256.hex(), "00ff");
        assert_eq!(line("team/web_1_0123456789ab.zip"), "00ff  team/web_1_0123456789ab.zip");
        assert_eq!(line("web_1\\n\n\r_0123456789ab.zip"), r"\00ff  web_1\\n\n\r_0123456789ab.zip");
    }

    #[test]
    fn written_lines_are_parsed_again() {
        let (one, two) = (Digest::of(b"1"), Digest::of(b"2"));
        let text = format!("{}\nnonsense\n{} *b c\n\\{0}", line("a", &one), two.hex());
        assert_eq!(parse(&text), BTreeMap::from([("a", one), ("b c", two)]));
    }
}
