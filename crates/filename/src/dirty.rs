//! Which versions do not pin the content of an image down.

/// Returns `true` for what [`DIRTY_VERSION_PATTERN`](crate::DIRTY_VERSION_PATTERN) matches.
pub(crate) fn is_dirty(text: &str) -> bool {
    matches!(text, "latest" | "dev") || without_dirty(text).is_some() || is_build_zero(text)
}

/// Returns the text before a closing `.dirty` or `+dirty`, or `None` if it does not end so.
pub(crate) fn without_dirty(text: &str) -> Option<&str> {
    let front = text.strip_suffix("dirty")?.strip_suffix(['.', '+'])?;
    // The pattern's `.` is any character but a line feed.
    (!front.contains('\n')).then_some(front)
}

fn is_build_zero(text: &str) -> bool {
    let Some(numbers) = text.strip_suffix(".0") else {
        return false;
    };
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    numbers.split('.').count() == 3 && numbers.split('.').all(is_number)
}
