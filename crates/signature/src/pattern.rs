//! Patterns of OpenSSH: `*` matches any text, and `?` any character.

/// Returns `true` if a text matches at least one pattern of a list, and no pattern that `!`
/// negates.
pub(crate) fn matches_list(text: &str, list: &str) -> bool {
    let mut found = false;
    for pattern in list.split(',') {
        match pattern.strip_prefix('!') {
            Some(negated) if matches(text, negated) => return false,
            Some(_) => {}
            None => found |= matches(text, pattern),
        }
    }
    found
}

/// Returns `true` if a text matches a pattern.
///
/// Each `*` first matches nothing. When a later part of the pattern does not match, the last `*`
/// covers one more character and the rest of the pattern is tried again. Earlier stars need not
/// change, so the time is at most the product of both lengths.
fn matches(text: &str, pattern: &str) -> bool {
    let (text, pattern) = (text.as_bytes(), pattern.as_bytes());
    let (mut at, mut in_pattern) = (0, 0);
    // The position of the last `*` in the pattern, and of the first character that it does not
    // cover.
    let mut star = None;
    while at < text.len() {
        match pattern.get(in_pattern) {
            Some(b'*') => {
                star = Some((in_pattern, at));
                in_pattern += 1;
            }
            Some(&byte) if byte == b'?' || byte == text[at] => {
                at += 1;
                in_pattern += 1;
            }
            _ => {
                let Some((place, covered)) = star else { return false };
                star = Some((place, covered + 1));
                at = covered + 1;
                in_pattern = place + 1;
            }
        }
    }
    pattern[in_pattern..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_matches_any_text_and_a_question_mark_one_character() {
        for (text, pattern, is_match) in [
            ("", "", true),
            ("", "*", true),
            ("a", "", false),
            ("alice@example.org", "*@example.org", true),
            ("alice@example.org", "al?ce@*", true),
            ("alice@example.org", "*@example.com", false),
            ("aXbXc", "a*X*c", true),
            ("aaab", "*ab", true),
            ("aaab", "*a", false),
            ("ab", "a?b", false),
        ] {
            assert_eq!(matches(text, pattern), is_match, "{text} {pattern}");
        }
    }

    #[test]
    fn a_negated_pattern_overrides_all_others() {
        assert!(matches_list("file", "git,file"));
        assert!(!matches_list("file", "git"));
        assert!(matches_list("file", "*,!git"));
        assert!(!matches_list("git", "*,!git"));
        assert!(!matches_list("file", "!git"));
        assert!(!matches_list("file", ""));
    }
}
