//! Suggestions for misspelled names.

use sealift_workflow::filename::Repository;

/// Returns the image whose name is most similar to the one asked for, if any is similar.
pub(super) fn nearest(asked: &str, images: &[Repository]) -> Option<String> {
    let slips = |image: &Repository| Some((slips(asked, image.as_str())?, image.to_string()));
    images.iter().filter_map(slips).min().map(|(_, image)| image)
}

/// Returns the edit distance of two names; `None` if they are not similar. Names are similar if,
/// after their common folders, at most one of three letters differs.
fn slips(asked: &str, name: &str) -> Option<usize> {
    let (mut left, mut right) = (asked, name);
    while let (Some((one, left_rest)), Some((other, right_rest))) =
        (left.split_once('/'), right.split_once('/'))
        && one == other
    {
        (left, right) = (left_rest, right_rest);
    }
    let slips = strsim::damerau_levenshtein(left, right);
    (slips * 3 <= left.len().min(right.len())).then_some(slips)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_similar_names_are_suggested() {
        for (asked, images, expected) in [
            ("wbe", &["api", "web"][..], Some("web")),
            ("web", &["api", "db", "ab"], None),
            ("team/web", &["team/api", "team/db"], None),
            ("team/wbe", &["team/api", "team/web", "web"], Some("team/web")),
            ("tema/web", &["team/web"], Some("team/web")),
            ("web", &["team/web"], None),
            ("webserver", &["web-server", "web"], Some("web-server")),
            ("registry:5000/a", &["registry:5000/b"], None),
            ("a", &["b"], None),
            ("", &["web"], None),
        ] {
            let images: Vec<_> =
                images.iter().map(|image| Repository::parse(image).unwrap()).collect();
            assert_eq!(nearest(asked, &images).as_deref(), expected, "{asked}");
        }
    }
}
