//! Lists in the messages of errors.

use sealift_filename::Reference;

/// Returns the texts of several things, separated by commas.
pub(super) fn list(things: &[impl ToString]) -> String {
    things.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Describes archives that have other content, by at most three of them.
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

/// Lists names as versions, not tags.
pub(super) fn listed(names: &[Reference]) -> String {
    let name = |name: &Reference| format!("{}:{}", name.repository(), name.version_or_latest());
    list(&names.iter().map(name).collect::<Vec<_>>())
}
