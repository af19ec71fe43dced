//! The maintainer in the metadata of packages.

use serde_json::Value;

/// The maintainer in packages of a rehearsal without one. No mail reaches this address.
const NOBODY: &str = "Nobody (rehearsal) <nobody@sealift.invalid>";

/// Reads `maintainer` in `[workspace.metadata.release]` of the workspace's manifest.
///
/// Returns `None` if it is missing, or if it is not of the form `NAME <ADDRESS>`.
pub(crate) fn of_workspace(metadata: &Value) -> Option<String> {
    let maintainer = metadata["metadata"]["release"]["maintainer"].as_str()?.trim();
    let (name, address) = maintainer.strip_suffix('>')?.split_once(" <")?;
    let is_complete = !name.is_empty() && address.contains('@') && !maintainer.contains('\n');
    is_complete.then(|| maintainer.to_owned())
}

/// Returns the maintainer, or a recognizable placeholder.
pub(crate) fn or_nobody(maintainer: Option<&str>) -> &str {
    maintainer.unwrap_or(NOBODY)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_maintainer_has_a_name_and_an_address() {
        let of = |text: &str| {
            of_workspace(&json!({ "metadata": { "release": { "maintainer": text } } }))
        };
        assert_eq!(of("A. Person <a@example.org>").unwrap(), "A. Person <a@example.org>");
        for text in ["", "A. Person", "<a@example.org>", " <a@example.org>", "A <nowhere>"] {
            assert_eq!(of(text), None, "{text}");
        }
        assert_eq!(of_workspace(&json!({ "metadata": null })), None);
    }

    #[test]
    fn the_stand_in_has_an_address_that_can_never_exist() {
        assert!(or_nobody(None).ends_with(".invalid>"));
        assert_eq!(or_nobody(Some("A <a@example.org>")), "A <a@example.org>");
    }
}
