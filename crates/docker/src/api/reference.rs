//! References and ids in the paths of requests.

use crate::failure::Failure;

/// Returns the text if it can be a reference or an id.
///
/// This check is separate from [`Reference`](sealift_filename::Reference), because it has another
/// purpose: it protects the path of a request, in which the text is not escaped. It must allow
/// everything that engines accept there (ids, digests, and names in forms that no archive has), and
/// refuse everything that would lead to another path or begin a query.
pub(crate) fn checked(reference: &str) -> Result<&str, Failure> {
    let is_known = |c: char| c.is_ascii_alphanumeric() || "._-/:@[]".contains(c);
    let reason = if reference.is_empty() {
        "it is empty"
    } else if !reference.chars().all(is_known) {
        "it contains characters that are not allowed"
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
    fn only_references_and_ids_are_accepted() {
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
