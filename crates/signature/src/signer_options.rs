//! The options of a line in a file of allowed signers.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::time;

/// The restrictions of a line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct SignerOptions {
    /// Whether the key is that of an authority, which signs certificates.
    pub(crate) is_authority: bool,
    /// Patterns of the namespaces that are allowed, or `None` if all are.
    pub(crate) namespaces: Option<String>,
    pub(crate) valid_after: Option<Timestamp>,
    pub(crate) valid_before: Option<Timestamp>,
}

/// Returns the end of the options at the beginning of a text: the first blank outside of quotes.
pub(crate) fn end(text: &str) -> Option<usize> {
    let mut quoted = false;
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if text.as_bytes().get(index + 1) == Some(&b'"') => escaped = true,
            b'"' => quoted = !quoted,
            b' ' | b'\t' if !quoted => return Some(index),
            _ => {}
        }
    }
    (!quoted).then_some(text.len())
}

impl SignerOptions {
    /// Parses options, or returns the reason why they are not valid.
    pub(crate) fn parse(text: &str, zone: &TimeZone) -> Result<Self, String> {
        let mut options = Self::default();
        let mut rest = text;
        loop {
            let end = rest.find(['=', ',']).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            let value = after.strip_prefix('=').map(quoted).transpose()?;
            let (value, after) = match value {
                Some((value, after)) => (Some(value), after),
                None => (None, after),
            };
            options.set(name, value.as_deref(), zone)?;
            match after.strip_prefix(',') {
                Some(next) => rest = next,
                None if after.is_empty() => break,
                None => return Err(format!("expected `,` before `{after}`")),
            }
        }
        match (options.valid_after, options.valid_before) {
            (Some(after), Some(before)) if before <= after => {
                Err("valid-before is not later than valid-after".to_owned())
            }
            _ => Ok(options),
        }
    }

    fn set(&mut self, name: &str, value: Option<&str>, zone: &TimeZone) -> Result<(), String> {
        let moment = |value: &str, of: &mut Option<Timestamp>| {
            let time = time::parse(value, zone).ok_or_else(|| {
                format!("{name}=\"{value}\" is not a time such as 20270131 or 202701311200Z")
            })?;
            is_first(name, of.replace(time).is_some())
        };
        match (name.to_ascii_lowercase().as_str(), value) {
            ("cert-authority", None) => {
                self.is_authority = true;
                Ok(())
            }
            ("namespaces", Some(value)) => {
                is_first(name, self.namespaces.replace(value.to_owned()).is_some())
            }
            ("valid-after", Some(value)) => moment(value, &mut self.valid_after),
            ("valid-before", Some(value)) => moment(value, &mut self.valid_before),
            ("namespaces" | "valid-after" | "valid-before", None) => {
                Err(format!("the option {name} needs a value: {name}=\"…\""))
            }
            _ => Err(format!("`{name}` is neither an option nor a type of key")),
        }
    }
}

fn is_first(name: &str, is_set: bool) -> Result<(), String> {
    if is_set { Err(format!("the option {name} is set twice")) } else { Ok(()) }
}

/// Parses a quoted value, and returns it and the rest of the text. In the value, `\"` is a quote.
fn quoted(text: &str) -> Result<(String, &str), String> {
    let inner = text.strip_prefix('"').ok_or("the value of an option is not in quotes")?;
    let mut value = String::new();
    let mut characters = inner.char_indices().peekable();
    while let Some((index, c)) = characters.next() {
        match c {
            '\\' if characters.peek().is_some_and(|(_, next)| *next == '"') => {
                characters.next();
                value.push('"');
            }
            '"' => return Ok((value, &inner[index + 1..])),
            c => value.push(c),
        }
    }
    Err("the value of an option has no closing quote".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<SignerOptions, String> {
        SignerOptions::parse(text, &TimeZone::UTC)
    }

    #[test]
    fn options_can_be_in_any_order_and_case() {
        let options = parse(
            r#"Namespaces="a,b c",CERT-AUTHORITY,valid-after="20260101",valid-before="20270101Z""#,
        )
        .unwrap();
        assert!(options.is_authority);
        assert_eq!(options.namespaces.as_deref(), Some("a,b c"));
        assert_eq!(options.valid_after.unwrap().to_string(), "2026-01-01T00:00:00Z");
        assert_eq!(parse(r#"namespaces="a\"b""#).unwrap().namespaces.as_deref(), Some("a\"b"));
    }

    #[test]
    fn each_fault_has_its_message() {
        for (text, fault) in [
            ("", "`` is neither an option nor a type of key"),
            ("no-touch", "`no-touch` is neither an option nor a type of key"),
            ("cert-authority,", "`` is neither an option nor a type of key"),
            ("namespaces", r#"the option namespaces needs a value: namespaces="…""#),
            ("namespaces=a", "the value of an option is not in quotes"),
            (r#"namespaces="a"#, "the value of an option has no closing quote"),
            (r#"namespaces="a"b"#, "expected `,` before `b`"),
            (r#"namespaces="a",namespaces="b""#, "the option namespaces is set twice"),
            (
                r#"valid-after="soon""#,
                r#"valid-after="soon" is not a time such as 20270131 or 202701311200Z"#,
            ),
            (
                r#"valid-after="20270101",valid-before="20260101""#,
                "valid-before is not later than valid-after",
            ),
        ] {
            assert_eq!(parse(text).unwrap_err(), fault, "{text}");
        }
    }

    #[test]
    fn options_end_at_a_blank_outside_of_quotes() {
        assert_eq!(end("cert-authority ssh-rsa"), Some(14));
        assert_eq!(end(r#"namespaces="a b" x"#), Some(16));
        assert_eq!(end(r#"namespaces="a\" b" x"#), Some(18));
        assert_eq!(end(r#"namespaces="a b"#), None);
    }
}
