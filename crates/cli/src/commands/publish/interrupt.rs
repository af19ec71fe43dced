//! The output of an interrupted publication: the archives that were uploaded, and those that were
//! not.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sealift_workflow::filename::Reference;
use sealift_workflow::{Error, Event, PublishAction, PublishedArchive, Reporter};
use serde_json::{Value, json};

use crate::exit_code::ExitCode;
use crate::failure;
use crate::line::Line;
use crate::output;
use crate::progress::Progress;
use crate::session::Session;

/// A reporter that records which archives are planned and which are uploaded.
pub(super) struct Uploads {
    progress: Arc<Progress>,
    /// The tags of the planned archives.
    planned: Mutex<Vec<String>>,
    done: Mutex<Vec<PublishedArchive>>,
}

impl Uploads {
    pub(super) fn new(session: &Session) -> Arc<Self> {
        let progress = Arc::clone(&session.progress);
        Arc::new(Self { progress, planned: Mutex::default(), done: Mutex::default() })
    }

    /// Records an archive that is at the destination.
    pub(super) fn add(&self, archive: &PublishedArchive) {
        lock(&self.done).push(archive.clone());
    }

    /// Prints the archives that were not uploaded, and a summary. The uploaded ones were already
    /// printed, except in a JSON document.
    pub(super) fn show_interruption(&self, session: &Session) -> ExitCode {
        let done = lock(&self.done);
        let missing: Vec<String> = lock(&self.planned)
            .iter()
            .filter(|tag| !done.iter().any(|archive| archive.tag == **tag))
            .cloned()
            .collect();
        for tag in &missing {
            session.json_result(|| document(tag));
        }
        if session.global.json() {
            let error = failure::document(&Error::Interrupted);
            let mut report = json!({ "error": error });
            if !session.global.json_lines() {
                let archives = done.iter().map(|archive| json!(archive));
                report["archives"] =
                    archives.chain(missing.iter().map(|tag| document(tag))).collect();
            }
            output::json(&report);
        }
        if done.len() + missing.len() > 1 {
            for tag in &missing {
                let line = Line::new().name(tag).fixed("interrupted");
                output::error_line(&line.fit(output::error_terminal_width()));
            }
        }
        let of = |action: PublishAction| done.iter().filter(move |one| one.action == action);
        let uploaded = of(PublishAction::Publish).chain(of(PublishAction::Replace));
        let counts = [
            (of(PublishAction::Publish).count(), "published"),
            (of(PublishAction::Replace).count(), "replaced"),
            (of(PublishAction::Keep).count(), "unchanged"),
            (missing.len(), "interrupted"),
        ];
        session.summary(&counts, uploaded.map(|archive| archive.size).sum());
        failure::show(&Error::Interrupted);
        ExitCode::INTERRUPTED
    }
}

impl Reporter for Uploads {
    fn report(&self, event: Event) {
        if let Event::Waiting { image } = &event {
            lock(&self.planned).push(image.clone());
        }
        self.progress.report(event);
    }
}

/// Returns the JSON of an archive that was not uploaded.
fn document(tag: &str) -> Value {
    let reference = Reference::parse(tag).ok();
    json!({
        "image": reference.as_ref().map(|reference| reference.repository().to_string()),
        "version": reference.as_ref().and_then(|reference| reference.version()).map(ToString::to_string),
        "error": failure::document(&Error::Interrupted),
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
