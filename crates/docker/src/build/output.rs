//! Finds the id of the image in the output of a build.

/// The published pattern of the last line of a successful build.
///
/// `FROM image@sha256:…` also matches, so only the last match in the complete output is the id.
pub const SUCCESSFUL_BUILD_PATTERN: &str = "(Successfully built |sha256:)([0-9a-f]+)";

/// Returns the id in the output of a build: the last match of [`SUCCESSFUL_BUILD_PATTERN`].
///
/// ```
/// use sealift_docker::find_built_id;
///
/// let output = "Step 1/2 : FROM base@sha256:0a\n ---> 1b\nSuccessfully built 2c3d\n";
/// assert_eq!(find_built_id(output), Some("2c3d"));
/// assert_eq!(find_built_id("no id in here"), None);
/// ```
pub fn find_built_id(output: &str) -> Option<&str> {
    const MARKS: [&str; 2] = ["Successfully built ", "sha256:"];
    let after = |mark: &'static str| {
        output.match_indices(mark).filter_map(move |(at, _)| {
            let rest = &output[at + mark.len()..];
            let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            let length = rest.as_bytes().iter().take_while(|byte| is_digit(byte)).count();
            (length > 0).then_some((at, &rest[..length]))
        })
    };
    MARKS.into_iter().flat_map(after).max_by_key(|(at, _)| *at).map(|(_, id)| id)
}

#[cfg(test)]
mod tests {
    use super::{SUCCESSFUL_BUILD_PATTERN, find_built_id};

    #[test]
    fn the_last_match_of_the_pattern_is_found() {
        let pattern = regex::Regex::new(SUCCESSFUL_BUILD_PATTERN).unwrap();
        for output in [
            "",
            "Successfully built 066fd52f956f\nSuccessfully tagged web:1\n",
            "Step 1/1 : FROM a@sha256:00ff\nSuccessfully built \n",
            "sha256:0123\nsha256:4567 sha256:89ab\n",
            "sha256:Successfully built abc",
            "Successfully built sha256:abc",
            "Successfully built 0GG",
        ] {
            let expected = pattern
                .captures_iter(output)
                .last()
                .and_then(|found| found.get(2))
                .map(|found| found.as_str());
            assert_eq!(find_built_id(output), expected, "{output}");
        }
    }
}
