//! The text form of an SSH signature: base64 between two marker lines.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub(crate) const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "\n-----END SSH SIGNATURE-----";

/// Returns the bytes of a signature, or the reason why its text is not valid.
pub(crate) fn decode(text: &str) -> Result<Vec<u8>, &'static str> {
    let rest = text.strip_prefix(BEGIN).ok_or("it does not begin with `BEGIN SSH SIGNATURE`")?;
    if !rest.starts_with(['\n', '\r']) {
        return Err("its first line is longer than `BEGIN SSH SIGNATURE`");
    }
    let (encoded, after) = rest.split_once(END).ok_or("it has no line `END SSH SIGNATURE`")?;
    if !after.trim().is_empty() {
        return Err("there is text after its line `END SSH SIGNATURE`");
    }
    let encoded: String = encoded.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    STANDARD.decode(encoded).map_err(|_| "its content is not base64")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_can_end_with_and_without_a_carriage_return() {
        let text = format!("{BEGIN}\nU1NI\nU0lH{END}\n");
        assert_eq!(decode(&text).unwrap(), b"SSHSIG");
        assert_eq!(decode(&text.replace('\n', "\r\n")).unwrap(), b"SSHSIG");
        assert_eq!(decode(text.trim_end()).unwrap(), b"SSHSIG");
    }

    #[test]
    fn each_fault_has_its_message() {
        let fault = |text: &str| decode(text).unwrap_err();
        assert_eq!(fault(""), "it does not begin with `BEGIN SSH SIGNATURE`");
        assert_eq!(fault(BEGIN), "its first line is longer than `BEGIN SSH SIGNATURE`");
        assert_eq!(fault(&format!("{BEGIN}\nU1NI")), "it has no line `END SSH SIGNATURE`");
        assert_eq!(
            fault(&format!("{BEGIN}\nU1NI{END}\nx")),
            "there is text after its line `END SSH SIGNATURE`"
        );
        for content in ["U1N!", "U1NIU", "U1N=I", "U1NJ0B=="] {
            let text = format!("{BEGIN}\n{content}{END}\n");
            assert_eq!(fault(&text), "its content is not base64", "{content}");
        }
    }
}
