//! Negotiation of compression.

use hyper::HeaderMap;
use hyper::header::ACCEPT_ENCODING;

/// Returns `true` if a client accepts gzip and does not prefer an uncompressed response, as RFC
/// 9110 defines.
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let fields = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let (mut gzip, mut identity, mut others) = (None, None, None);
    for (coding, quality) in fields.flat_map(|field| field.split(',')).filter_map(parse) {
        match coding.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => gzip = Some(quality),
            "identity" => identity = Some(quality),
            "*" => others = Some(quality),
            _ => {}
        }
    }
    let gzip = gzip.or(others).unwrap_or(0);
    gzip > 0 && gzip >= identity.unwrap_or(0)
}

/// Parses a coding and its quality in thousandths.
fn parse(coding: &str) -> Option<(&str, u16)> {
    let (coding, parameters) = coding.split_once(';').unwrap_or((coding, "q=1"));
    let (name, quality) = parameters.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("q") {
        return None;
    }
    let (whole, fraction) = quality.trim().split_once('.').unwrap_or((quality.trim(), ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 1 || fraction.len() > 3 || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let thousandths = format!("{whole}{fraction:0<3}").parse().ok()?;
    (thousandths <= 1000).then_some((coding.trim(), thousandths))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_used_if_the_client_accepts_it() {
        let accepts = |fields: &[&str]| {
            let mut headers = HeaderMap::new();
            for field in fields {
                headers.append(ACCEPT_ENCODING, field.parse().unwrap());
            }
            accepts_gzip(&headers)
        };
        for yes in [
            "gzip",
            "GZip",
            "x-gzip",
            "deflate, gzip, br, zstd",
            "zstd;q=1.0, gzip;q=0.8, deflate;q=0.5",
            "gzip ; q = 0.001",
            "*",
            "br, *;q=0.1",
            "identity;q=0.5, gzip",
            "gzip, identity",
            "identity;q=0, gzip;q=0.2",
        ] {
            assert!(accepts(&[yes]), "{yes}");
        }
        for no in [
            "",
            "identity",
            "deflate, br",
            "gzip;q=0",
            "gzip;q=0.000, *",
            "*;q=0",
            "identity, gzip;q=0.5",
            "gzip;q=2",
            "gzip;q=0.5555",
            "gzip;q=",
            "gzip;level=9",
            "gzippy",
        ] {
            assert!(!accepts(&[no]), "{no}");
        }
        assert!(accepts(&["br", "gzip"]));
        assert!(!accepts(&[]));
    }
}
