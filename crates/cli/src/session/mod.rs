//! What all commands share: the folder, the engine, the reporter and the request to stop.

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

    /// Returns the reporter and the request to stop, as workflows take them.
    pub(crate) fn run(&self) -> Run {
        self.run_with(self.progress.clone())
    }

    /// Returns another reporter and the request to stop, as workflows take them.
    pub(crate) fn run_with(&self, reporter: Arc<dyn Reporter>) -> Run {
        Run::new(reporter, self.cancel.clone())
    }

    /// Cancels everything at the first signal, and ends the process at the second.
    pub(crate) fn obey_signals(&self) {
        signals::obey(self.cancel.clone());
    }

    /// Waits until a signal asks to stop.
    pub(crate) async fn interrupted(&self) {
        self.cancel.cancelled().await;
    }

    /// Prints a result for people, which `--quiet` omits.
    pub(crate) fn result(&self, text: &str) {
        if !self.global.quiet {
            self.progress.suspend(|| output::text(text));
        }
    }

    /// Prints a change for people, also with `--quiet`.
    pub(crate) fn change(&self, text: &str) {
        self.progress.suspend(|| output::text(text));
    }

    /// Prints the line of a result, fitted into the terminal, which `--quiet` omits.
    pub(crate) fn result_line(&self, line: &Line) {
        self.result(&(line.fit(output::terminal_width()) + "\n"));
    }

    /// Prints the line of a change, fitted into the terminal, also with `--quiet`.
    pub(crate) fn change_line(&self, line: &Line) {
        self.change(&(line.fit(output::terminal_width()) + "\n"));
    }

    /// Prints a line on standard error that is no error, fitted into the terminal, which `--quiet`
    /// omits.
    pub(crate) fn notice_line(&self, line: &Line) {
        self.notice(&line.fit(output::error_terminal_width()));
    }

    /// Prints the document of a result, if each is printed as soon as it is known.
    pub(crate) fn json_result(&self, document: impl FnOnce() -> Value) {
        if self.global.json_lines() {
            self.progress.suspend(|| output::json(&document()));
        }
    }

    /// Prints the documents of all results, if they are printed as one.
    pub(crate) fn json_results(&self, documents: impl FnOnce() -> Vec<Value>) {
        if self.global.json() && !self.global.json_lines() {
            output::json(&documents());
        }
    }

    /// Prints how many things came to what, how many bytes they have and how long it took, if there
    /// were several.
    pub(crate) fn summary(&self, counts: &[(usize, &str)], bytes: u64) {
        if !self.global.json()
            && let Some(line) = summary::line(counts, bytes, self.progress.elapsed())
        {
            self.notice(&line);
        }
    }

    /// Returns how long the command has taken, as the end of a phrase: ` in 4.1 s`. It is empty if
    /// that was less than a second.
    pub(crate) fn time_taken(&self) -> String {
        summary::time(self.progress.elapsed())
    }

    /// Prints which of several images were not finished because a signal asked to stop.
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

    /// Prints a line on standard error that is no error, which `--quiet` omits.
    pub(crate) fn notice(&self, line: &str) {
        if !self.global.quiet {
            self.progress.suspend(|| output::error_line(line));
        }
    }

    /// Returns the folder's path.
    pub(crate) fn dir(&self) -> PathBuf {
        self.dir_and_source().0
    }

    /// Returns the folder's path, and which setting chose it.
    pub(crate) fn dir_and_source(&self) -> (PathBuf, &'static str) {
        self.global.folder.dir_and_source()
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

    /// Returns the images that are named, with patterns replaced by what they match in the folder.
    ///
    /// # Errors
    ///
    /// If a pattern matches nothing, or a signal asks to stop while the folder is listed.
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

    /// Returns the engine. Nothing is sent to it yet.
    pub(crate) fn engine(&self) -> Result<Engine, Failure> {
        let settings = self.settings();
        let timeouts = Timeouts::resolve(&settings).map_err(Failure::setting)?;
        let endpoint = Endpoint::resolve(&settings).map_err(Failure::setting)?;
        Ok(Engine::new(endpoint, timeouts))
    }

    /// Returns the engines that the options name, each once; without any, the one that is used
    /// otherwise. Nothing is sent to them yet.
    ///
    /// # Errors
    ///
    /// If a list of hosts cannot be used, or if a signal asks to stop while it is read.
    pub(crate) async fn engines(&self, hosts: &HostsArguments) -> Result<Vec<Engine>, Failure> {
        let (hosts, engine) = (hosts.clone(), self.global.engine.clone());
        let (sender, named) = tokio::sync::oneshot::channel();
        // Nothing can stop a read from a pipe, so nobody waits for this thread at the end.
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

/// Resolves the engines that the options name, each once.
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
