//! The netrc file, with logins for curl, ftp and git.

/// A login to a machine. It has no `Debug`, so that the password is never printed.
pub(super) struct Login {
    pub(super) user: String,
    pub(super) password: String,
}

/// Returns the login for a host, and for `user` if it is given.
///
/// The first matching entry is used. `default` matches every host.
pub(super) fn find(text: &str, host: &str, user: Option<&str>) -> Option<Login> {
    let mut words = Words { rest: text };
    let mut fits = false;
    let (mut login, mut password) = (None, None);
    loop {
        let word = words.next();
        if matches!(word.as_deref(), None | Some("machine" | "default")) {
            let is_wanted = user.is_none() || login.as_deref() == user;
            if fits && is_wanted && (login.is_some() || password.is_some()) {
                let user = login.unwrap_or_default();
                return Some(Login { user, password: password.unwrap_or_default() });
            }
            (login, password) = (None, None);
        }
        match word?.as_str() {
            "machine" => fits = words.next()?.eq_ignore_ascii_case(host),
            "default" => fits = true,
            "login" => login = words.next(),
            "password" => password = words.next(),
            "account" => {
                words.next();
            }
            "macdef" => words.skip_macro(),
            _ => {}
        }
    }
}

/// The words of the file, which are separated by white space or quoted.
struct Words<'a> {
    rest: &'a str,
}

impl Words<'_> {
    fn next(&mut self) -> Option<String> {
        self.rest = self.rest.trim_start();
        while self.rest.starts_with('#') {
            self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
        }
        if let Some(quoted) = self.rest.strip_prefix('"') {
            return Some(self.quoted(quoted));
        }
        let end = self.rest.find(char::is_whitespace).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!word.is_empty()).then(|| word.to_owned())
    }

    fn quoted<'a>(&mut self, quoted: &'a str) -> String
    where
        Self: 'a,
    {
        let mut word = String::new();
        let mut characters = quoted.char_indices();
        let mut end = quoted.len();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    end = at + 1;
                    break;
                }
                '\\' => word.extend(characters.next().map(|(_, character)| character)),
                character => word.push(character),
            }
        }
        let skipped = self.rest.len() - quoted.len() + end;
        self.rest = self.rest.get(skipped..).unwrap_or_default();
        word
    }

    /// Skips the commands of a macro: everything up to an empty line.
    fn skip_macro(&mut self) {
        self.rest = self.rest.split_once("\n\n").map_or("", |(_, rest)| rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# logins\nmachine a.example login ann password one\n\
        machine a.example\n  login bob\n  password \"t w\\\"o\"\n\
        macdef init\ncd /\nmachine evil login x password y\n\n\
        machine b.example password three account x\n\
        default login anonymous password user@site\n";

    fn found(host: &str, user: Option<&str>) -> Option<(String, String)> {
        find(FILE, host, user).map(|entry| (entry.user, entry.password))
    }

    #[test]
    fn the_first_entry_for_host_and_user_is_used() {
        let pair = |user: &str, password: &str| Some((user.to_owned(), password.to_owned()));
        assert_eq!(found("A.example", None), pair("ann", "one"));
        assert_eq!(found("a.example", Some("bob")), pair("bob", "t w\"o"));
        assert_eq!(found("b.example", None), pair("", "three"));
        assert_eq!(found("c.example", None), pair("anonymous", "user@site"));
        assert_eq!(found("evil", None), pair("anonymous", "user@site"));
        assert_eq!(found("a.example", Some("eve")), None);
    }

    #[test]
    fn the_search_ends_for_any_text() {
        for text in ["", "machine", "machine a.example", "machine a.example login", "\"", "macdef"]
        {
            assert!(find(text, "a.example", None).is_none(), "{text}");
        }
    }
}
