//! Dirty versions, which do not determine the content of an image.

/// Returns `true` if [`DIRTY_VERSION_PATTERN`](crate::DIRTY_VERSION_PATTERN) matches a version.
pub(crate) fn is_dirty(text: &str) -> bool {
    matches!(text, "latest" | "dev") || without_dirty(text).is_some() || is_build_zero(text)
}

/// Returns the text before a final `.dirty` or `+dirty`, or `None` if the text has no such end.
pub(crate) fn without_dirty(text: &str) -> Option<&str> {
    let front = text.strip_suffix("dirty")?.strip_suffix(['.', '+'])?;
    // The `.` of the pattern matches any character except a line feed.
    (!front.contains('\n')).then_some(front)
}

fn is_build_zero(text: &str) -> bool {
    let Some(numbers) = text.strip_suffix(".0") else {
        return false;
    };
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    numbers.split('.').count() == 3 && numbers.split('.').all(is_number)
}
