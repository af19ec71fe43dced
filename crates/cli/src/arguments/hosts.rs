//! The options that name several engines.

use std::io::{IsTerminal as _, Read};
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use sealift_workflow::LoadRequest;
use sealift_workflow::docker::{ResolveError, Settings};

use crate::arguments::engine::EngineArguments;
use crate::arguments::hosts_file::{self, Target};
use crate::failure::Failure;

/// The largest file of hosts, in bytes.
const FILE_LIMIT: u64 = 1 << 20;

/// The name of the option, which messages name as the source of an address.
const HOSTS: &str = "--hosts";

/// The options that name a file of engines and limit how many are used at the same time.
#[derive(Debug, Clone, Args)]
pub(crate) struct HostsArguments {
    /// Load into the engines that this file lists: one HOST or context:NAME per line, # begins a
    /// comment, `-` is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) hosts: Option<PathBuf>,
    /// Number of engines to load into at the same time, at most 256
    #[arg(long, value_name = "N", default_value_t = default_jobs())]
    // Each engine needs a thread that reads archives, and the runtime starts at most 512 threads.
    #[arg(value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: u16,
}

fn default_jobs() -> u16 {
    u16::try_from(LoadRequest::DEFAULT_JOBS).unwrap_or(u16::MAX)
}

/// The settings of one engine, and the place where the user named it.
pub(crate) struct Named {
    pub(crate) settings: Settings,
    /// The file and the line number; `None` for an engine that an option names.
    place: Option<String>,
}

impl Named {
    /// Describes why the engine's settings cannot be used.
    pub(crate) fn refuse(&self, error: &ResolveError) -> Failure {
        Failure::usage(match &self.place {
            None => error.to_string(),
            Some(place) if error.setting == HOSTS => {
                format!("{place} is `{}`, but {}", error.value, error.reason)
            }
            Some(place) => format!("{place}: {error}"),
        })
    }
}

impl HostsArguments {
    /// Returns `true` if the user passed a file of hosts or several engines.
    pub(crate) fn are_several(&self, engine: &EngineArguments) -> bool {
        self.hosts.is_some() || engine.hosts.len() + engine.contexts.len() > 1
    }

    /// Returns the settings of every engine: hosts first, then contexts, then the lines of the
    /// file.
    pub(crate) fn named(&self, engine: &EngineArguments) -> Result<Vec<Named>, Failure> {
        let host =
            |host: &String, option| Settings::from_env().with_host(Some(host.clone()), option);
        let context =
            |name: &String, option| Settings::from_env().with_context(Some(name.clone()), option);
        let hosts = engine.hosts.iter().map(|text| host(text, "--host"));
        let contexts = engine.contexts.iter().map(|name| context(name, "--context"));
        let mut named: Vec<Named> =
            hosts.chain(contexts).map(|settings| Named { settings, place: None }).collect();
        if let Some(file) = &self.hosts {
            let shown = shown(file);
            let refuse = |reason: String| Failure::usage(format!("{shown} {reason}"));
            let text = read(file)?;
            for (line, target) in hosts_file::parse(&text).map_err(refuse)? {
                let settings = match &target {
                    Target::Host(text) => host(text, HOSTS),
                    Target::Context(name) => context(name, HOSTS),
                };
                named.push(Named { settings, place: Some(format!("{shown}, line {line},")) });
            }
        }
        Ok(named)
    }

    /// Returns `true` if the file of hosts is standard input.
    pub(crate) fn read_stdin(&self) -> bool {
        self.hosts.as_deref() == Some(Path::new("-"))
    }
}

/// Returns the name of a file of hosts in messages.
fn shown(file: &Path) -> String {
    match file == Path::new("-") {
        true => "standard input".to_owned(),
        false => file.display().to_string(),
    }
}

/// Reads a file of hosts, or standard input.
fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let result = if file == Path::new("-") {
        let stdin = std::io::stdin();
        if stdin.is_terminal() {
            return Err(Failure::usage(
                "standard input is a terminal; pipe a list of hosts into it",
            ));
        }
        stdin.lock().take(FILE_LIMIT + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(FILE_LIMIT + 1).read_to_end(&mut bytes))
    };
    match result {
        Ok(count) if count as u64 > FILE_LIMIT => Err(Failure::usage(format!(
            "{} is larger than 1 MiB, too large for a list of hosts",
            shown(file)
        ))),
        Ok(_) => Ok(bytes),
        Err(error) => {
            let message = format!("cannot read the hosts in {}", shown(file));
            Err(Failure::new(sealift_workflow::ErrorKind::Usage, message, Some(error.to_string())))
        }
    }
}
