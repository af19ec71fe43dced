//! References and ids on the paths of the API.

use crate::failure::Failure;

/// Returns the text if it can be a reference or an id.
///
/// The rule is its own, not that of [`Reference`](sealift_filename::Reference), because it guards
/// something else: what may stand in the path of a request unescaped. It must admit everything that
/// engines accept there, ids, digests and names in forms that no archive has, and nothing that
/// would lead to another path or start a query.
pub(crate) fn checked(reference: &str) -> Result<&str, Failure> {
    let is_known = |c: char| c.is_ascii_alphanumeric() || "._-/:@[]".contains(c);
    let reason = if reference.is_empty() {
        "it is empty"
    } else if !reference.chars().all(is_known) {
        "it has characters that none can have"
    } else if reference.split('/').any(|part| part.is_empty() || part.chars().all(|c| c == '.')) {
        "it has an empty part"
    } else {
        return Ok(reference);
    };
    Err(Failure::BadReference { reference: reference.to_owned(), reason })
}

#[cfg(test)]
mod tests {
    use super::checked;

    #[test]
    fn references_and_ids_pass_and_nothing_else() {
        for good in
            ["web", "web:1.0_beta", "localhost:5000/team/web:1", "sha256:0123", "[::1]:5000/a"]
        {
            assert!(checked(good).is_ok(), "{good}");
        }
        for bad in ["", "a b", "a?b=c", "a/../b", "a//b", "a%2f", "a\n"] {
            assert!(checked(bad).is_err(), "{bad}");
        }
    }
}
