//! The format of a file of hosts: one engine per line, and comments that begin with `#`.

/// The largest number of engines in a file.
const MOST: usize = 10_000;

/// The engine that a line names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// An address in the form that `--host` accepts.
    Host(String),
    /// A context of the docker CLI.
    Context(String),
}

/// Parses a file of hosts, and returns each target with its line number.
///
/// A comment begins with a `#` at the start of a line or after white space. White space around a
/// target is ignored, and so are empty lines.
///
/// # Errors
///
/// A message without its subject: the caller puts the name of the file before it.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<(usize, Target)>, String> {
    // Editors on Windows write a byte order mark.
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut targets = Vec::new();
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let number = index + 1;
        let line = std::str::from_utf8(line)
            .map_err(|_| format!("is not a list of hosts: line {number} is not UTF-8 text"))?;
        let target = without_comment(line).trim();
        if target.is_empty() {
            continue;
        }
        if target.contains(char::is_whitespace) {
            return Err(format!(
                "has more than one word in line {number}: `{target}`; expected HOST or context:NAME"
            ));
        }
        if target == "context:" {
            return Err(format!("has no context name in line {number}; expected context:NAME"));
        }
        if targets.len() == MOST {
            return Err(format!("has more than {MOST} hosts; line {number} exceeds the limit"));
        }
        targets.push((
            number,
            match target.strip_prefix("context:") {
                Some(name) => Target::Context(name.to_owned()),
                None => Target::Host(target.to_owned()),
            },
        ));
    }
    match targets.is_empty() {
        true => Err("contains no hosts".to_owned()),
        false => Ok(targets),
    }
}

/// Returns the part of a line before its comment.
fn without_comment(line: &str) -> &str {
    let begins =
        |(at, _): &(usize, &str)| line[..*at].chars().next_back().is_none_or(char::is_whitespace);
    line.match_indices('#').find(begins).map_or(line, |(at, _)| &line[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Vec<(usize, Target)> {
        parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn lines_are_hosts_contexts_and_comments() {
        let text =
            "\u{feff}# the north\nssh://edge1\r\n\n  tcp://10.0.0.2:2376  # by TLS\ncontext:edge#3";
        let expected = [
            (2, Target::Host("ssh://edge1".to_owned())),
            (4, Target::Host("tcp://10.0.0.2:2376".to_owned())),
            (5, Target::Context("edge#3".to_owned())),
        ];
        assert_eq!(parsed(text), expected);
    }

    #[test]
    fn an_invalid_list_of_hosts_is_refused_with_the_line_number() {
        let refused = |text: &[u8]| parse(text).unwrap_err();
        let many = "ssh://edge\n".repeat(MOST + 1);
        let all = [
            refused(b""),
            refused(b"\n# nobody\n"),
            refused(b"ssh://edge1\n\xff\xfe"),
            refused(b"ssh://edge1\nedge2 ansible_port=22"),
            refused(b"ssh://edge1\ncontext: # lab"),
            refused(many.as_bytes()),
        ];
        insta::assert_snapshot!(all.join("\n"), @"
        contains no hosts
        contains no hosts
        is not a list of hosts: line 2 is not UTF-8 text
        has more than one word in line 2: `edge2 ansible_port=22`; expected HOST or context:NAME
        has no context name in line 2; expected context:NAME
        has more than 10000 hosts; line 10001 exceeds the limit
        ");
    }
}
