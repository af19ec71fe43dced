//! Files of allowed signers, as described in ssh-keygen(1).

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sealift_filename::Printable;

use crate::certificate::Certificate;
use crate::error::{VerifyError, VerifyErrorKind};
use crate::key_text::{self, NoKey};
use crate::pattern::matches_list;
use crate::public_key::PublicKey;
use crate::raw_signature::Details;
use crate::signer_options::{self, SignerOptions};
use crate::ssh_signature::SignatureKey;

/// A line of the file: a key, and the names of the signers who use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AllowedSigner {
    /// Patterns of names, separated by commas.
    principals: String,
    options: SignerOptions,
    key: PublicKey,
}

impl AllowedSigner {
    /// Parses a line that is neither empty nor a comment, or returns the reason why it is not
    /// valid.
    pub(crate) fn parse(line: &str, zone: &TimeZone) -> Result<Self, String> {
        let (principals, rest) = first_word(line)?;
        let (options, key) = match key_text::parse(rest) {
            Err(NoKey::NoType) => {
                let end = signer_options::end(rest).ok_or("a quote is not closed")?;
                let (options, key) = rest.split_at(end);
                if key_text::parse(line) != Err(NoKey::NoType) {
                    return Err(
                        "it is a public key without the name of its owner; put the name first, as \
                                in `release@example.org ssh-ed25519 AAAA…`"
                            .to_owned(),
                    );
                }
                (SignerOptions::parse(options, zone)?, key_text::parse(key.trim_start()))
            }
            key => (SignerOptions::default(), key),
        };
        let key = key.map_err(|fault| match fault {
            NoKey::NoType => "it has no public key",
            NoKey::Damaged => "its public key is damaged",
            NoKey::Certificate => "it has a certificate; use the key of the authority instead",
        })?;
        Ok(Self { principals: principals.to_owned(), options, key })
    }

    /// Returns the names of the signer, or the reason why the signature is refused. Returns `None`
    /// if the line has another key.
    pub(crate) fn accept(
        &self,
        key: &SignatureKey,
        details: Details,
        namespace: &str,
        now: Timestamp,
    ) -> Option<Result<String, VerifyError>> {
        match key {
            SignatureKey::Plain(key) if !self.options.is_authority && *key == self.key => {
                Some(self.permit(namespace, now).map(|()| self.principals.clone()))
            }
            SignatureKey::Certified(certificate)
                if self.options.is_authority && certificate.authority == self.key =>
            {
                let names = self.certified(certificate, details, now);
                Some(names.and_then(|names| self.permit(namespace, now).map(|()| names)))
            }
            _ => None,
        }
    }

    /// Returns the names in a certificate that the line accepts.
    fn certified(
        &self,
        certificate: &Certificate,
        details: Details,
        now: Timestamp,
    ) -> Result<String, VerifyError> {
        let refuse = |reason: String| VerifyError::new(VerifyErrorKind::BadCertificate, reason);
        if let Some(flaw) = certificate.flaw(details.user_verified) {
            return Err(refuse(format!("the signature is refused: {flaw}")));
        }
        let names: Vec<&str> = certificate
            .principals
            .iter()
            .map(String::as_str)
            .filter(|name| matches_list(name, &self.principals))
            .collect();
        let all = certificate.principals.join(",");
        if names.is_empty() {
            return Err(refuse(format!(
                "the signature is refused: its certificate is for {}, but the authority is \
                 accepted for {} only",
                Printable(&all),
                Printable(&self.principals)
            )));
        }
        let seconds = u64::try_from(now.as_second()).unwrap_or(0);
        if seconds < certificate.valid_after {
            return Err(VerifyError::new(
                VerifyErrorKind::NotYetValid,
                format!("the certificate of {} is not valid yet", Printable(&all)),
            ));
        }
        if seconds >= certificate.valid_before {
            let end = i64::try_from(certificate.valid_before).ok();
            let end = end.and_then(|end| Timestamp::from_second(end).ok());
            let end = end.map(|end| format!(" on {}", day(end))).unwrap_or_default();
            return Err(VerifyError::new(
                VerifyErrorKind::Expired,
                format!("the certificate of {} expired{end}", Printable(&all)),
            ));
        }
        Ok(names.join(","))
    }

    /// Checks the restrictions in the options of the line.
    fn permit(&self, namespace: &str, now: Timestamp) -> Result<(), VerifyError> {
        let who = Printable(&self.principals);
        if let Some(allowed) = &self.options.namespaces
            && !matches_list(namespace, allowed)
        {
            return Err(VerifyError::new(
                VerifyErrorKind::NotAllowed,
                format!(
                    "the key of {who} is allowed to sign for {} only, not for {namespace}",
                    Printable(allowed)
                ),
            ));
        }
        if let Some(after) = self.options.valid_after
            && now < after
        {
            return Err(VerifyError::new(
                VerifyErrorKind::NotYetValid,
                format!("the key of {who} is not valid before {}", day(after)),
            ));
        }
        if let Some(before) = self.options.valid_before
            && now > before
        {
            return Err(VerifyError::new(
                VerifyErrorKind::Expired,
                format!("the key of {who} expired on {}", day(before)),
            ));
        }
        Ok(())
    }
}

fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

/// Splits the first word from a line. It can be quoted.
fn first_word(line: &str) -> Result<(&str, &str), String> {
    let (word, rest) = match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').ok_or("a quote is not closed")?,
        None => line.split_once([' ', '\t']).ok_or("it has only one word")?,
    };
    if word.is_empty() {
        return Err("the name of the signer is empty".to_owned());
    }
    Ok((word, rest.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBjX8dRpTmN1wuqWNZbR6QubmtEqZipO+0Wnbaq5z8E0";

    fn parse(line: &str) -> Result<AllowedSigner, String> {
        AllowedSigner::parse(line, &TimeZone::UTC)
    }

    #[test]
    fn a_line_has_names_options_and_a_key() {
        let line = parse(&format!("a@example.org,*@b.example {KEY} comment here")).unwrap();
        assert_eq!(line.principals, "a@example.org,*@b.example");
        let quoted = parse(&format!("\"a b\"\tcert-authority,namespaces=\"x y\" \t{KEY}")).unwrap();
        assert_eq!((quoted.principals.as_str(), quoted.options.is_authority), ("a b", true));
        assert_eq!(quoted.options.namespaces.as_deref(), Some("x y"));
        assert_eq!(quoted.key, line.key);
    }

    #[test]
    fn each_fault_has_its_message() {
        for (line, fault) in [
            ("alone", "it has only one word"),
            ("\"alone", "a quote is not closed"),
            ("\"\" ssh-rsa", "the name of the signer is empty"),
            ("a ssh-rsa", "its public key is damaged"),
            ("a ssh-rsa AAAA", "its public key is damaged"),
            ("a cert-authority", "it has no public key"),
            ("a cert-authority x", "it has no public key"),
            ("a namespaces=\"x", "a quote is not closed"),
            ("a no-option ssh-rsa", "`no-option` is neither an option nor a type of key"),
            (
                "a ssh-ed25519-cert-v01@openssh.com AAAA",
                "it has a certificate; use the key of the authority instead",
            ),
            (
                KEY,
                "it is a public key without the name of its owner; put the name first, as in \
                 `release@example.org ssh-ed25519 AAAA…`",
            ),
        ] {
            assert_eq!(parse(line).unwrap_err(), fault, "{line}");
        }
    }
}
