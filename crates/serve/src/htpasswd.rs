//! Files of logins, as `htpasswd -B` writes them.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;

use crate::unusable_file::UnusableFile;

/// The accepted costs of bcrypt, as powers of two: those that `htpasswd` writes. With the highest
/// cost, verification of a password takes about ten seconds.
const COSTS: std::ops::RangeInclusive<u32> = 4..=17;

/// The users in a file, and the bcrypt hashes of their passwords.
pub(crate) struct Logins {
    hashes: HashMap<String, String>,
    /// A hash from the file, against which passwords of unknown users are verified.
    decoy: String,
}

impl Logins {
    /// Reads a file. Blocks.
    pub(crate) fn read(files: &[PathBuf]) -> Result<Self, UnusableFile> {
        let file = files.first().cloned().unwrap_or_default();
        let unusable = |reason: String| UnusableFile::new("the logins", &file, reason);
        let bytes = std::fs::read(&file).map_err(|error| unusable(error.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|_| unusable("it is not UTF-8".to_owned()))?;
        Self::parse(&text).map_err(unusable)
    }

    /// Parses a file with a line `USER:HASH` for each user, empty lines, and lines that begin with
    /// `#`. If a user has several lines, the first one is used, as in other servers.
    ///
    /// The error contains line numbers, but no content of the file.
    fn parse(text: &str) -> Result<Self, String> {
        let (mut hashes, mut decoy) = (HashMap::new(), None);
        for (at, line) in text.lines().enumerate() {
            let line = line.trim_end();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (user, hash) = line
                .split_once(':')
                .filter(|(user, _)| !user.is_empty())
                .ok_or_else(|| format!("line {} is not USER:HASH", at + 1))?;
            if let Some(reason) = flaw(hash) {
                return Err(format!("line {} {reason}", at + 1));
            }
            decoy.get_or_insert_with(|| hash.to_owned());
            hashes.entry(user.to_owned()).or_insert_with(|| hash.to_owned());
        }
        let decoy = decoy.ok_or("it contains no logins")?;
        Ok(Self { hashes, decoy })
    }

    /// Returns the hash to verify a password against, and `true` if the user exists. An unknown
    /// user gets the hash of another user, so that the time of verification does not reveal which
    /// users exist.
    pub(crate) fn hash(&self, user: &str) -> (&str, bool) {
        match self.hashes.get(user) {
            Some(hash) => (hash, true),
            None => (&self.decoy, false),
        }
    }
}

impl fmt::Debug for Logins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logins").field("users", &self.hashes.len()).finish_non_exhaustive()
    }
}

/// Returns the reason that a hash is not a valid bcrypt hash, or `None` if it is valid.
fn flaw(hash: &str) -> Option<String> {
    let rest = ["$2y$", "$2b$", "$2a$"].iter().find_map(|prefix| hash.strip_prefix(prefix));
    let Some(rest) = rest else {
        let scheme = match hash {
            _ if hash.starts_with("$apr1$") => "MD5",
            _ if hash.starts_with("{SHA}") => "SHA-1",
            _ if hash.starts_with("$5$") => "SHA-256",
            _ if hash.starts_with("$6$") => "SHA-512",
            _ => "no bcrypt hash",
        };
        return Some(format!("has {scheme}, but only bcrypt is supported (htpasswd -B)"));
    };
    let (cost, value) = rest.split_once('$').unwrap_or((rest, ""));
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || b"./".contains(&byte);
    if cost.len() != 2 || value.len() != 53 || !value.bytes().all(is_digit) {
        return Some("has an incomplete bcrypt hash".to_owned());
    }
    match cost.parse() {
        Ok(cost) if COSTS.contains(&cost) => None,
        _ => Some(format!("has a bcrypt cost outside {} to {}", COSTS.start(), COSTS.end())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HASH: &str = "$2y$04$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy";

    #[test]
    fn lines_are_users_and_hashes() {
        let text = format!("# people\nann:{HASH}\r\n\nbob:{}\n", HASH.replace("2y", "2b"));
        let logins = Logins::parse(&text).unwrap();
        assert_eq!(logins.hash("ann"), (HASH, true));
        assert!(logins.hash("bob").0.starts_with("$2b$"));
        assert_eq!(logins.hash("eve"), (HASH, false));
        let twice = format!("ann:{HASH}\nann:{}\n", HASH.replace("04", "05"));
        assert_eq!(Logins::parse(&twice).unwrap().hash("ann"), (HASH, true));
    }

    #[test]
    fn other_schemes_are_refused_with_their_line() {
        for (line, reason) in [
            ("ann:$apr1$x$y", "line 2 has MD5, but only bcrypt is supported (htpasswd -B)"),
            ("ann:{SHA}x", "line 2 has SHA-1, but only bcrypt is supported (htpasswd -B)"),
            ("ann:$6$x", "line 2 has SHA-512, but only bcrypt is supported (htpasswd -B)"),
            ("ann:secret", "line 2 has no bcrypt hash, but only bcrypt is supported (htpasswd -B)"),
            (
                &format!("ann:{}", HASH.replace("2y", "2x")),
                "line 2 has no bcrypt hash, but only bcrypt is supported (htpasswd -B)",
            ),
            ("ann:$2y$05$short", "line 2 has an incomplete bcrypt hash"),
            (&format!("ann:{HASH}x"), "line 2 has an incomplete bcrypt hash"),
            (
                &format!("ann:{}", HASH.replace("04", "31")),
                "line 2 has a bcrypt cost outside 4 to 17",
            ),
            ("secret", "line 2 is not USER:HASH"),
            (&format!(":{HASH}"), "line 2 is not USER:HASH"),
        ] {
            assert_eq!(Logins::parse(&format!("\n{line}\n")).unwrap_err(), reason);
        }
        assert_eq!(Logins::parse("# nobody\n").unwrap_err(), "it contains no logins");
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused(text in "[ab:$2y0-9\\./\n#{}]{0,80}") {
            if let Err(reason) = Logins::parse(&text) {
                prop_assert!(reason.len() < 80);
            }
        }
    }
}
