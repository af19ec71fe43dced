//! The form of a file of hosts: an engine in each line, `#` begins a comment.

/// The most engines that a file may name.
const MOST: usize = 10_000;

/// What a line names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// An address, in the form that `--host` takes.
    Host(String),
    /// A context of the docker CLI.
    Context(String),
}

/// Parses the lines of a file of hosts. Returns the targets with the numbers of their lines.
///
/// A comment begins with a `#` at the start of a line or after white space. White space around a
/// target is ignored, and so are empty lines.
///
/// # Errors
///
/// A fragment that follows the file's name.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<(usize, Target)>, String> {
    // Editors on Windows write it.
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
                "has more than one word in line {number}: `{target}`; a line is HOST or context:NAME"
            ));
        }
        if target == "context:" {
            return Err(format!(
                "names no context in line {number}; a line is HOST or context:NAME"
            ));
        }
        if targets.len() == MOST {
            return Err(format!("names more than {MOST} hosts, from line {number} on"));
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
        true => Err("names no hosts".to_owned()),
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
    fn a_line_names_a_host_or_a_context() {
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
    fn what_is_no_list_of_hosts_is_refused_with_the_line() {
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
        names no hosts
        names no hosts
        is not a list of hosts: line 2 is not UTF-8 text
        has more than one word in line 2: `edge2 ansible_port=22`; a line is HOST or context:NAME
        names no context in line 2; a line is HOST or context:NAME
        names more than 10000 hosts, from line 10001 on
        ");
    }
}
