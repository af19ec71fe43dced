//! Sizes in the notation of the docker CLI: `64m` is 64 MiB.

/// Parses a number of bytes with an optional unit: `b`, `k`, `m`, `g` or `t`, in steps of 1024.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let wrong = || "expected a size such as 512m or 2g".to_owned();
    let text = text.to_ascii_lowercase();
    let text = text.strip_suffix("ib").or_else(|| text.strip_suffix('b')).unwrap_or(&text);
    let end = text.trim_end_matches(|c: char| c.is_ascii_alphabetic()).len();
    let (number, unit) = text.split_at(end);
    let shift = match unit {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    number.checked_mul(1 << shift).ok_or_else(|| "the size is too large".to_owned())
}

/// Parses a number of bytes, or `-1` for no limit.
pub(crate) fn bytes_or_none(text: &str) -> Result<i64, String> {
    match text {
        "-1" => Ok(-1),
        text => i64::try_from(bytes(text)?).map_err(|_| "the size is too large".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_counted_in_steps_of_1024() {
        for (text, size) in
            [("0", 0), ("7", 7), ("7b", 7), ("1k", 1024), ("64M", 64 << 20), ("2GiB", 2 << 30)]
        {
            assert_eq!(bytes(text), Ok(size), "{text}");
        }
        for text in ["", "m", "-1", "1.5g", "1x", "1 k", "99999999999t"] {
            assert!(bytes(text).is_err(), "{text}");
        }
        assert_eq!((bytes_or_none("-1"), bytes_or_none("1k")), (Ok(-1), Ok(1024)));
    }
}
