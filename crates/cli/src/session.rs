//! What all commands share: the folder, the engine, whom to tell and when to stop.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sealift_workflow::docker::{Endpoint, Engine, Settings, Timeouts};
use sealift_workflow::filename::Reference;
use sealift_workflow::store::{By, LatestOptions, Query, Store};
use sealift_workflow::{Cancel, Run};
use tokio::signal::unix::{SignalKind, signal};

use crate::args::{ChooseArguments, GlobalArguments, LatestArguments, Order};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::output;
use crate::progress::Progress;

/// One call of the command.
pub(crate) struct Session {
    pub(crate) global: GlobalArguments,
    pub(crate) progress: Arc<Progress>,
    cancel: Cancel,
}

impl Session {
    pub(crate) fn new(global: GlobalArguments) -> Self {
        Self { progress: Arc::new(Progress::new(&global)), cancel: Cancel::new(), global }
    }

    pub(crate) fn run(&self) -> Run {
        Run::new(self.progress.clone(), self.cancel.clone())
    }

    /// Prints a result for people, which `--quiet` omits.
    pub(crate) fn result(&self, text: &str) {
        if !self.global.quiet {
            self.progress.suspend(|| output::text(text));
        }
    }

    /// Prints a line on standard error that is no error, which `--quiet` omits.
    pub(crate) fn notice(&self, line: &str) {
        if !self.global.quiet {
            self.progress.suspend(|| output::error_line(line));
        }
    }

    /// Waits until a signal asks to stop.
    pub(crate) async fn interrupted(&self) {
        self.cancel.cancelled().await;
    }

    /// Asks everything to stop at the first signal, and ends at the second.
    pub(crate) fn obey_signals(&self) {
        let cancel = self.cancel.clone();
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let [Ok(mut int), Ok(mut term), Ok(mut hup)] = kinds.map(signal) else { return };
        tokio::spawn(async move {
            let mut next = async || {
                tokio::select! {
                    _ = int.recv() => {}
                    _ = term.recv() => {}
                    _ = hup.recv() => {}
                }
            };
            next().await;
            cancel.cancel();
            next().await;
            exit_now();
        });
    }

    /// Gives the folder's path: flag, `SEALIFT_DIR`, `ARTIFACTS_DIR`, `./artifacts`.
    pub(crate) fn dir(&self) -> PathBuf {
        self.dir_and_source().0
    }

    /// Gives the folder's path and who says so.
    pub(crate) fn dir_and_source(&self) -> (PathBuf, &'static str) {
        dir_and_source(self.global.dir.clone())
    }

    /// Returns `true` if releases are immutable, by the flag or by `SEALIFT_IMMUTABLE`.
    pub(crate) fn immutable(flag: bool) -> bool {
        let variable = std::env::var("SEALIFT_IMMUTABLE").unwrap_or_default();
        flag || !matches!(variable.trim(), "" | "0" | "false" | "no")
    }

    /// Opens the folder for reading.
    pub(crate) fn store(&self) -> Result<Store, Failure> {
        Ok(self.with_timeout(Store::open(self.dir())?))
    }

    /// Opens the folder for writing, and creates it if it is missing.
    ///
    /// A folder that was created is removed with the [`NewFolder`], if nothing was put into it.
    pub(crate) fn store_to_write(&self) -> Result<(Store, NewFolder), Failure> {
        let folder = NewFolder::at(&self.dir());
        Ok((self.with_timeout(Store::create(self.dir())?), folder))
    }

    fn with_timeout(&self, store: Store) -> Store {
        store.with_lock_timeout(Duration::from_secs(self.global.lock_timeout))
    }

    /// Gives the engine; nothing is asked of it yet.
    pub(crate) fn engine(&self) -> Result<Engine, Failure> {
        let settings = self.settings();
        let timeouts = Timeouts::resolve(&settings).map_err(Failure::usage)?;
        Ok(Engine::new(endpoint(&settings)?, timeouts))
    }

    /// Gives what people have set to say which engine they mean.
    pub(crate) fn settings(&self) -> Settings {
        Settings::from_env()
            .with_host(self.global.host.clone())
            .with_context(self.global.context.clone())
    }
}

/// Folders that did not exist before; those that are still empty at the end are removed.
#[derive(Debug)]
pub(crate) struct NewFolder(Vec<PathBuf>);

impl NewFolder {
    fn at(dir: &Path) -> Self {
        let is_missing = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
        Self(dir.ancestors().take_while(is_missing).map(Path::to_owned).collect())
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        // Innermost first. One that is not empty stays, and so do those around it.
        let _ = self.0.iter().try_for_each(std::fs::remove_dir);
    }
}

/// Gives the folder's path and who says so, with the value of the flag `--dir`.
pub(crate) fn dir_and_source(flag: Option<PathBuf>) -> (PathBuf, &'static str) {
    if let Some(dir) = flag {
        return (dir, "--dir");
    }
    for name in ["SEALIFT_DIR", "ARTIFACTS_DIR"] {
        if let Some(value) = std::env::var_os(name).filter(|value| !value.is_empty()) {
            return (value.into(), name);
        }
    }
    (PathBuf::from("artifacts"), "the default")
}

/// Finds the engine that is meant.
pub(crate) fn endpoint(settings: &Settings) -> Result<Endpoint, Failure> {
    Endpoint::resolve(settings).map_err(Failure::usage)
}

/// Ends the process at once: what was being written stays behind as a staging file, which the next
/// writer sweeps.
#[expect(clippy::exit, reason = "whoever asks twice doesn't want to wait for anything")]
fn exit_now() {
    output::error_line("interrupted at once");
    std::process::exit(ExitCode::INTERRUPTED.number());
}

/// Reads `IMAGE[:VERSION]` as people type it.
pub(crate) fn reference(text: &str) -> Result<Reference, Failure> {
    Reference::parse(text).map_err(Failure::usage)
}

/// Reads a platform, where there is one.
pub(crate) fn platform(
    text: Option<&str>,
) -> Result<Option<sealift_workflow::archive::Platform>, Failure> {
    text.map(|text| text.parse().map_err(Failure::usage)).transpose()
}

/// Puts together what latest means.
pub(crate) fn latest_options(
    latest: LatestArguments,
    platform_text: Option<&str>,
) -> Result<LatestOptions, Failure> {
    Ok(LatestOptions {
        by: by(latest),
        release: latest.release,
        platform: platform(platform_text)?,
    })
}

fn by(latest: LatestArguments) -> By {
    match latest.by {
        Order::Version => By::Precedence,
        Order::Modified => By::Modified,
    }
}

/// Puts together which archive is asked for.
pub(crate) fn query(arguments: &ChooseArguments) -> Result<Query, Failure> {
    let reference = reference(&arguments.image)?;
    query_of(&reference, arguments.latest_by, arguments.platform.as_deref())
}

/// Puts together which archive is asked for by a reference.
pub(crate) fn query_of(
    reference: &Reference,
    latest: LatestArguments,
    platform_text: Option<&str>,
) -> Result<Query, Failure> {
    let mut query = Query::new(reference.repository().clone(), reference.version().cloned());
    query.platform = platform(platform_text)?;
    query.by = by(latest);
    query.release = latest.release;
    Ok(query)
}
