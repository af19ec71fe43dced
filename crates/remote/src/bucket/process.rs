//! Programs that print credentials, as set by `credential_process` in an AWS profile.

use std::fmt;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use object_store::CredentialProvider;
use object_store::aws::AwsCredential;
use serde_json::Value;
use tokio::process::Command;
use tokio::sync::Mutex;

/// The time limit of a program.
const LIMIT: Duration = Duration::from_secs(60);
/// The number of seconds before their expiry at which credentials are replaced.
const MARGIN: i64 = 300;

/// Gets credentials from a program, and runs it again before they expire.
pub(super) struct ProcessCredentials {
    command: Box<str>,
    latest: Mutex<Option<(Arc<AwsCredential>, Option<Timestamp>)>>,
}

impl ProcessCredentials {
    pub(super) fn new(command: &str) -> Self {
        Self { command: command.into(), latest: Mutex::new(None) }
    }

    async fn current(&self) -> Result<Arc<AwsCredential>, String> {
        let mut latest = self.latest.lock().await;
        if let Some((credential, expires)) = &*latest
            && expires
                .is_none_or(|expires| expires.as_second() - MARGIN > Timestamp::now().as_second())
        {
            return Ok(Arc::clone(credential));
        }
        let words = words(&self.command).ok_or("a quote in credential_process is not closed")?;
        let [program, arguments @ ..] = words.as_slice() else {
            return Err("credential_process is empty".to_owned());
        };
        let fails = |how: &str| format!("credential_process: `{program}` {how}");
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(LIMIT, command.output()).await;
        let output = output
            .map_err(|_| fails(&format!("did not end within {} s", LIMIT.as_secs())))?
            .map_err(|error| fails(&format!("cannot be run: {error}")))?;
        if !output.status.success() {
            return Err(fails(&format!("failed with {}; run it to see why", output.status)));
        }
        // The output is never shown, because it contains the secret.
        let found = read(&output.stdout).ok_or_else(|| {
            fails("did not print JSON with Version 1, AccessKeyId and SecretAccessKey")
        })?;
        let credential = Arc::clone(&found.0);
        *latest = Some(found);
        Ok(credential)
    }
}

impl CredentialProvider for ProcessCredentials {
    type Credential = AwsCredential;

    fn get_credential<'s, 'f>(&'s self) -> BoxFuture<'f, object_store::Result<Arc<AwsCredential>>>
    where
        's: 'f,
        Self: 'f,
    {
        Box::pin(async move {
            self.current().await.map_err(|reason| object_store::Error::Unauthenticated {
                path: String::new(),
                source: reason.into(),
            })
        })
    }
}

impl fmt::Debug for ProcessCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessCredentials").finish_non_exhaustive()
    }
}

/// Parses the output of a program.
fn read(output: &[u8]) -> Option<(Arc<AwsCredential>, Option<Timestamp>)> {
    let output: Value = serde_json::from_slice(output).ok()?;
    let text = |key: &str| output[key].as_str().map(str::to_owned);
    if output["Version"] != 1 {
        return None;
    }
    let credential = AwsCredential {
        key_id: text("AccessKeyId")?,
        secret_key: text("SecretAccessKey")?,
        token: text("SessionToken").filter(|token| !token.is_empty()),
    };
    let expires = match text("Expiration") {
        Some(time) => Some(time.parse().ok()?),
        None => None,
    };
    Some((Arc::new(credential), expires))
}

/// Splits a command into words as a shell does, without expanding anything. Returns `None` if a
/// quote is not closed.
fn words(command: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut rest = command.chars();
    while let Some(c) = rest.next() {
        match (quote, c) {
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (Some(open), c) if open == c => quote = None,
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None | Some('"'), '\\') => word.get_or_insert_default().push(rest.next()?),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_split_as_by_a_shell() {
        for (command, expected) in [
            (r#"/bin/get  --key "a b" 'c "d'"#, Some(vec!["/bin/get", "--key", "a b", "c \"d"])),
            (r#"a\ b "\"" ''"#, Some(vec!["a b", "\"", ""])),
            ("a 'b", None),
            ("", Some(vec![])),
        ] {
            let expected = expected.map(|words| words.into_iter().map(str::to_owned).collect());
            assert_eq!(words(command), expected, "{command}");
        }
    }

    #[tokio::test]
    async fn a_program_runs_again_only_after_its_credentials_expire() {
        let folder = tempfile::tempdir().unwrap();
        let calls = folder.path().join("calls");
        for (expiration, expected) in [("2999-01-01T00:00:00Z", 1), ("2001-01-01T00:00:00Z", 2)] {
            let _ = std::fs::remove_file(&calls);
            let json = format!(
                r#"{{"Version":1,"AccessKeyId":"A","SecretAccessKey":"canary","Expiration":"{expiration}"}}"#
            );
            let script = format!("echo x >>{}; echo '{json}'", calls.display());
            let script_file = folder.path().join("get");
            std::fs::write(&script_file, script).unwrap();
            let provider = ProcessCredentials::new(&format!("sh '{}'", script_file.display()));
            for _ in 0..2 {
                assert_eq!(provider.get_credential().await.unwrap().secret_key, "canary");
            }
            let calls = std::fs::read_to_string(&calls).unwrap();
            assert_eq!(calls.lines().count(), expected, "{expiration}");
            assert!(!format!("{provider:?}").contains("canary"));
        }
    }

    #[tokio::test]
    async fn the_output_of_a_program_is_not_shown() {
        for (command, words) in [
            ("sh -c 'echo canary'", "did not print JSON"),
            ("sh -c 'echo canary >&2; exit 3'", "failed with exit status: 3"),
            ("/nonexistent/get", "cannot be run"),
        ] {
            let error = ProcessCredentials::new(command).get_credential().await.unwrap_err();
            let error = format!("{error} {error:?}");
            assert!(error.contains(words) && !error.contains("canary"), "{error}");
        }
    }
}
