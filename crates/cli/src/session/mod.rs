//! The state that all commands share: options, folder, engine, reporter and cancellation.

pub(crate) mod new_folder;
mod signals;
mod summary;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sealift_workflow::docker::{Endpoint, Engine, Settings, Timeouts};
use sealift_workflow::store::Store;
use sealift_workflow::{Cancel, Error, Reporter, Run};
use serde_json::Value;

use crate::arguments::engine::EngineArguments;
use crate::arguments::global::GlobalArguments;
use crate::arguments::hosts::HostsArguments;
use crate::arguments::pattern::{expand, is_pattern};
use crate::failure::{Failure, is_interruption};
use crate::format;
use crate::line::Line;
use crate::output;
use crate::progress::Progress;
use crate::session::new_folder::NewFolder;

/// One run of the command.
pub(crate) struct Session {
    pub(crate) global: GlobalArguments,
    pub(crate) progress: Arc<Progress>,
    cancel: Cancel,
}

impl Session {
    pub(crate) fn new(global: GlobalArguments) -> Self {
        Self { progress: Arc::new(Progress::new(&global)), cancel: Cancel::new(), global }
    }

    /// Returns the context of a workflow, with the reporter and the cancellation flag.
    pub(crate) fn run(&self) -> Run {
        self.run_with(self.progress.clone())
    }

    /// Returns the context of a workflow, with another reporter and the cancellation flag.
    pub(crate) fn run_with(&self, reporter: Arc<dyn Reporter>) -> Run {
        Run::new(reporter, self.cancel.clone())
    }

    /// Cancels running workflows at the first signal, and exits at the second.
    pub(crate) fn obey_signals(&self) {
        signals::obey(self.cancel.clone());
    }

    /// Waits until a signal interrupts the command.
    pub(crate) async fn interrupted(&self) {
        self.cancel.cancelled().await;
    }

    /// Prints a result as text, unless `--quiet` is passed.
    pub(crate) fn result(&self, text: &str) {
        if !self.global.quiet {
            self.progress.suspend(|| output::text(text));
        }
    }

    /// Prints a change as text, also with `--quiet`.
    pub(crate) fn change(&self, text: &str) {
        self.progress.suspend(|| output::text(text));
    }

    /// Prints a result as a line that fits the terminal, unless `--quiet` is passed.
    pub(crate) fn result_line(&self, line: &Line) {
        self.result(&(line.fit(output::terminal_width()) + "\n"));
    }

    /// Prints a change as a line that fits the terminal, also with `--quiet`.
    pub(crate) fn change_line(&self, line: &Line) {
        self.change(&(line.fit(output::terminal_width()) + "\n"));
    }

    /// Prints a notice on standard error as a line that fits the terminal, unless `--quiet` is
    /// passed.
    pub(crate) fn notice_line(&self, line: &Line) {
        self.notice(&line.fit(output::error_terminal_width()));
    }

    /// Prints the JSON of a result, with `--json=lines`.
    pub(crate) fn json_result(&self, document: impl FnOnce() -> Value) {
        if self.global.json_lines() {
            self.progress.suspend(|| output::json(&document()));
        }
    }

    /// Prints the JSON of all results as one document, with `--json`.
    pub(crate) fn json_results(&self, documents: impl FnOnce() -> Vec<Value>) {
        if self.global.json() && !self.global.json_lines() {
            output::json(&documents());
        }
    }

    /// Prints the numbers of results of each kind, their size and the duration, if there are
    /// several results.
    pub(crate) fn summary(&self, counts: &[(usize, &str)], bytes: u64) {
        if !self.global.json()
            && let Some(line) = summary::line(counts, bytes, self.progress.elapsed())
        {
            self.notice(&line);
        }
    }

    /// Returns the duration of the command as the end of a phrase, ` in 4.1 s`; empty if it was
    /// less than a second.
    pub(crate) fn time_taken(&self) -> String {
        summary::time(self.progress.elapsed())
    }

    /// Prints the images that were interrupted, if there are several images.
    pub(crate) fn interrupted_images<'a, T: 'a>(
        &self,
        results: impl ExactSizeIterator<Item = (String, &'a Result<T, Error>)>,
    ) {
        if results.len() < 2 {
            return;
        }
        for (image, result) in results {
            if result.as_ref().is_err_and(is_interruption) {
                let line = Line::new().name(image).fixed("interrupted");
                output::error_line(&line.fit(output::error_terminal_width()));
            }
        }
    }

    /// Prints a notice on standard error, unless `--quiet` is passed.
    pub(crate) fn notice(&self, line: &str) {
        if !self.global.quiet {
            self.progress.suspend(|| output::error_line(line));
        }
    }

    /// Returns the path of the folder.
    pub(crate) fn dir(&self) -> PathBuf {
        self.dir_and_source().0
    }

    /// Returns the path of the folder, and the setting that chose it.
    pub(crate) fn dir_and_source(&self) -> (PathBuf, &'static str) {
        self.global.folder.dir_and_source()
    }

    /// Opens the folder for reading.
    pub(crate) fn store(&self) -> Result<Store, Failure> {
        Ok(self.with_timeout(Store::open(self.dir())?))
    }

    /// Opens the folder for writing, and creates it if it is missing.
    ///
    /// When the [`NewFolder`] is dropped, it removes a created folder that is still empty.
    pub(crate) fn store_to_write(&self) -> Result<(Store, NewFolder), Failure> {
        let folder = NewFolder::at(&self.dir());
        Ok((self.with_timeout(Store::create(self.dir())?), folder))
    }

    /// Returns the named images, with each pattern replaced by its matches in the folder.
    ///
    /// # Errors
    ///
    /// If a pattern matches nothing, or if the command is interrupted.
    pub(crate) async fn images(&self, texts: &[String]) -> Result<Vec<String>, Failure> {
        if !texts.iter().any(|text| is_pattern(text)) {
            return Ok(texts.to_vec());
        }
        let store = self.store()?;
        let root = format::path(store.root());
        let scan = tokio::task::spawn_blocking(move || store.scan());
        tokio::select! {
            scan = scan => match scan {
                Ok(scan) => expand(texts, &scan?.archives, &root),
                Err(_) => Err(Error::Interrupted.into()),
            },
            () = self.interrupted() => Err(Error::Interrupted.into()),
        }
    }

    fn with_timeout(&self, store: Store) -> Store {
        store.with_lock_timeout(Duration::from_secs(self.global.lock_timeout))
    }

    /// Returns the engine, without connecting to it.
    pub(crate) fn engine(&self) -> Result<Engine, Failure> {
        let settings = self.settings();
        let timeouts = Timeouts::resolve(&settings).map_err(Failure::setting)?;
        let endpoint = Endpoint::resolve(&settings).map_err(Failure::setting)?;
        Ok(Engine::new(endpoint, timeouts))
    }

    /// Returns the engines that the options name, without duplicates, or the default engine if the
    /// options name none. Does not connect to them.
    ///
    /// # Errors
    ///
    /// If a list of hosts cannot be used, or if the command is interrupted.
    pub(crate) async fn engines(&self, hosts: &HostsArguments) -> Result<Vec<Engine>, Failure> {
        let (hosts, engine) = (hosts.clone(), self.global.engine.clone());
        let (sender, named) = tokio::sync::oneshot::channel();
        // A read from a pipe cannot be cancelled, so nothing joins this thread.
        std::thread::spawn(move || sender.send(named_engines(&hosts, &engine)));
        let engines = tokio::select! {
            named = named => named.unwrap_or_else(|_| Err(Error::Interrupted.into()))?,
            () = self.interrupted() => return Err(Error::Interrupted.into()),
        };
        match engines.is_empty() {
            true => Ok(vec![self.engine()?]),
            false => Ok(engines),
        }
    }

    /// Returns the settings that choose the engine: options and environment variables.
    pub(crate) fn settings(&self) -> Settings {
        self.global.engine.settings()
    }
}

/// Resolves the engines that the options name, without duplicates.
fn named_engines(hosts: &HostsArguments, engine: &EngineArguments) -> Result<Vec<Engine>, Failure> {
    let (mut engines, mut addresses) = (Vec::new(), HashSet::new());
    for named in hosts.named(engine)? {
        let endpoint = Endpoint::resolve(&named.settings).map_err(|error| named.refuse(&error))?;
        if addresses.insert(endpoint.address.clone()) {
            let timeouts = Timeouts::resolve(&named.settings).map_err(Failure::usage)?;
            engines.push(Engine::new(endpoint, timeouts));
        }
    }
    Ok(engines)
}
