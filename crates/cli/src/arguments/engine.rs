//! The options that choose the engine.

use clap::Args;
use sealift_workflow::docker::Settings;

use crate::arguments::completer;
use crate::failure::Failure;

/// The options that name engines.
#[derive(Debug, Clone, Args)]
pub(crate) struct EngineArguments {
    /// Address of the engine; `load` and `fetch` accept several [default: the docker CLI's engine]
    #[arg(long = "host", id = "host", global = true, value_name = "HOST")]
    pub(crate) hosts: Vec<String>,
    /// Docker CLI context of the engine; --host overrides it, but `load` and `fetch` use both
    #[arg(long = "context", id = "context", global = true, value_name = "NAME", add = completer::contexts())]
    pub(crate) contexts: Vec<String>,
}

impl EngineArguments {
    /// Returns the settings that choose a single engine: these options and environment variables.
    pub(crate) fn settings(&self) -> Settings {
        Settings::from_env()
            .with_host(self.hosts.first().cloned(), "--host")
            .with_context(self.contexts.first().cloned(), "--context")
    }

    /// Verifies that the command supports as many engines as are named, and that no option is lost.
    ///
    /// In clap, options after the command replace those before it, so that
    /// `sealift --host A load --host B` would load into B only. `words` are the arguments of the
    /// process.
    pub(crate) fn check(
        &self,
        takes_several: bool,
        words: impl IntoIterator<Item = String>,
    ) -> Result<(), Failure> {
        let words: Vec<String> = words.into_iter().take_while(|word| word != "--").collect();
        for (option, values) in [("--host", &self.hosts), ("--context", &self.contexts)] {
            let is_option = |word: &&String| {
                word.strip_prefix(option)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
            };
            let count = words.iter().filter(is_option).count();
            if count > 1 && !takes_several {
                let message = format!(
                    "{option} is passed {count} times; only `load` and `fetch` accept several"
                );
                return Err(Failure::usage(message));
            }
            if count > values.len() {
                let message = format!("{option} is passed before and after the command");
                return Err(Failure::usage(message)
                    .with_hint(format!("pass every {option} after the command")));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(takes_several: bool, values: &[&str], words: &[&str]) -> bool {
        let hosts = values.iter().map(|value| (*value).to_owned()).collect();
        let arguments = EngineArguments { hosts, contexts: Vec::new() };
        arguments.check(takes_several, words.iter().map(|word| (*word).to_owned())).is_ok()
    }

    #[test]
    fn several_hosts_need_a_command_that_accepts_them_and_stand_after_it() {
        let twice = ["load", "--host", "a", "--host=b", "--hosts", "c"];
        assert!(checked(true, &["a", "b"], &twice));
        assert!(!checked(false, &["a", "b"], &twice));
        assert!(!checked(true, &["b"], &["--host", "a", "load", "--host", "b"]));
        assert!(checked(false, &["a"], &["list", "--host", "a", "--", "--host"]));
    }
}
