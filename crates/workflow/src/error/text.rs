//! Lists in error messages.

use sealift_filename::Reference;

/// Joins values with commas.
pub(super) fn list(things: &[impl ToString]) -> String {
    things.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Describes at most three archives that have other content, and the number of the others.
pub(super) fn conflicts(archives: &[(String, String)]) -> String {
    let described = archives.iter().take(3);
    let mut text: Vec<String> = described
        .map(|(object, reason)| format!("{object} has other content ({reason})"))
        .collect();
    match archives.len().saturating_sub(3) {
        0 => {}
        more => text.push(format!("{more} more")),
    }
    text.join("; ")
}

/// Joins references with commas, with their versions instead of their tags.
pub(super) fn listed(names: &[Reference]) -> String {
    let name = |name: &Reference| format!("{}:{}", name.repository(), name.version_or_latest());
    list(&names.iter().map(name).collect::<Vec<_>>())
}
