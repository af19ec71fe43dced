//! The width of text on a terminal, and shortening of text to a width.

use unicode_width::UnicodeWidthChar as _;

/// Returns the number of columns of a text on a terminal. Wide characters, such as Chinese ones,
/// have two columns, and combining characters none.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

fn columns_of(character: char) -> usize {
    character.width().unwrap_or(0)
}

/// Shortens a text to at most `room` columns, with `…` in place of the middle.
pub(crate) fn without_middle(text: &str, room: usize) -> String {
    if columns(text) <= room {
        return text.to_owned();
    }
    let Some(kept) = room.checked_sub(1) else { return String::new() };
    let begin = beginning(text, kept / 2);
    // If a wide character did not fit into the first half, the second half gets its column.
    let end = ending(text, kept - columns(begin));
    format!("{begin}…{end}")
}

/// Shortens a text to at most `room` columns, with `…` in place of the end.
pub(crate) fn without_end(text: &str, room: usize) -> String {
    if columns(text) <= room {
        return text.to_owned();
    }
    let Some(kept) = room.checked_sub(1) else { return String::new() };
    format!("{}…", beginning(text, kept).trim_end())
}

/// Returns the longest prefix of a text with at most `room` columns.
fn beginning(text: &str, room: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|(_, character)| {
        used += columns_of(*character);
        used > room
    });
    end.map_or(text, |(at, _)| &text[..at])
}

/// Returns the longest suffix of a text with at most `room` columns.
fn ending(text: &str, room: usize) -> &str {
    let mut used = 0;
    let begin = text.char_indices().rev().find(|(_, character)| {
        used += columns_of(*character);
        used > room
    });
    let end = begin.map_or(text, |(at, character)| &text[at + character.len_utf8()..]);
    // A leading combining character would combine with the `…` before it.
    end.trim_start_matches(|character| columns_of(character) == 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(columns("web"), 3);
        assert_eq!(columns("镜像"), 4);
        assert_eq!(columns("e\u{301}"), 1);
    }

    #[test]
    fn the_middle_of_a_long_name_is_omitted() {
        assert_eq!(without_middle("registry/team/web", 17), "registry/team/web");
        assert_eq!(without_middle("registry/team/web", 9), "regi…/web");
        assert_eq!(without_middle("web", 1), "…");
        assert_eq!(without_middle("web", 0), "");
        assert_eq!(without_middle("镜像/服务/网页", 8), "镜…/网页");
        assert_eq!(without_middle("abcde\u{301}", 4), "a…de\u{301}");
        assert_eq!(without_middle("abcd\u{301}e", 3), "a…e");
    }

    #[test]
    fn the_end_of_a_long_text_is_omitted() {
        assert_eq!(without_end("a few words", 11), "a few words");
        assert_eq!(without_end("a few words", 7), "a few…");
        assert_eq!(without_end("网页", 3), "网…");
    }

    proptest! {
        #[test]
        fn a_shortened_text_is_never_wider_than_its_room(text in ".{0,60}", room in 0..70_usize) {
            let (middle, end) = (without_middle(&text, room), without_end(&text, room));
            prop_assert!(columns(&middle) <= room && columns(&end) <= room);
            let is_short = columns(&text) <= room;
            prop_assert_eq!((middle == text, end == text), (is_short, is_short));
            // The widest characters have three columns: one fits on each side of the `…`.
            if room >= 8 {
                let visible = |text: &str| text.chars().find(|c| columns_of(*c) > 0);
                let last = |text: &str| text.chars().rev().find(|c| columns_of(*c) > 0);
                prop_assert_eq!(visible(&middle), visible(&text));
                prop_assert_eq!(last(&middle), last(&text));
            }
        }
    }
}
