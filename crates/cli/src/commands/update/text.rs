//! The output of an update.

use sealift_workflow::store::Store;
use sealift_workflow::{Error, ImageUpdate, RemovedArchive, UpdateReport, Updated};
use serde_json::{Value, json};

use crate::archive_lines::{rebuilt_line, removed_line};
use crate::failure::{self, is_interruption};
use crate::format;
use crate::line::Line;
use crate::session::Session;

/// Prints the result for one image as soon as it is known.
pub(super) fn show_image(image: &ImageUpdate, session: &Session) {
    session.json_result(|| document(image));
    match &image.result {
        Ok(_) if session.global.json() => {}
        Ok(done) => {
            session.result_line(&line(image, done));
            if !done.replaces.is_empty() {
                let (image, version) = (&done.file.image, &done.file.version);
                session.notice_line(&rebuilt_line(image, version, &done.replaces));
            }
        }
        // Interruptions are reported at the end.
        Err(error) if is_interruption(error) => {}
        Err(error) => session.progress.suspend(|| failure::show(error)),
    }
}

fn line(image: &ImageUpdate, done: &Updated) -> Line {
    let what = match (done.saved, done.compressed) {
        (true, _) => "saved",
        (false, true) => "compressed",
        (false, false) => "unchanged",
    };
    let line = Line::new().name(&image.reference).fixed(what).path(done.file.path.display());
    let size = format::size(done.file.size);
    match (done.saved, done.compressed) {
        (false, false) => line,
        (_, false) => line.fixed(size).detail("verified"),
        (_, true) => {
            let plain_size = format::size(done.plain_size);
            line.fixed(format!("{size} ({plain_size})")).detail("verified")
        }
    }
}

/// Prints the removed archives, errors of the removal, and a summary.
///
/// Interruptions are omitted because the caller reports them once.
pub(super) fn show_rest(report: &UpdateReport, store: &Store, session: &Session) {
    session
        .json_results(|| report.images.iter().map(document).chain(clean_errors(report)).collect());
    let root = format::path(store.root());
    let mut removed = Vec::new();
    for done in report.images.iter().filter_map(|image| image.result.as_ref().ok()) {
        for archive in &done.removed {
            // Updates of several versions of an image can remove the same archive.
            if !removed.contains(&archive) {
                removed.push(archive);
            }
        }
    }
    for archive in removed {
        session.json_result(|| json!({ "removed": archive }));
        if !session.global.json() {
            session.result_line(&cleaned_line(&root, archive));
        }
    }
    clean_errors(report).for_each(|document| session.json_result(|| document));
    for error in report.clean_errors.iter().filter(|error| !is_interruption(error)) {
        failure::show(error);
    }
    let results = report.images.iter().map(|image| (image.reference.to_string(), &image.result));
    session.interrupted_images(results);
    show_summary(report, session);
}

fn clean_errors(report: &UpdateReport) -> impl Iterator<Item = Value> {
    let errors = report.clean_errors.iter().filter(|error| !is_interruption(error));
    errors.map(|error| json!({ "error": failure::document(error) }))
}

fn show_summary(report: &UpdateReport, session: &Session) {
    let count = |is: fn(&Result<Updated, Error>) -> bool| {
        report.images.iter().filter(|image| is(&image.result)).count()
    };
    let is_done = |done: &Updated| done.saved || done.compressed;
    let done = report.images.iter().filter_map(|image| image.result.as_ref().ok());
    let bytes = done.filter(|done| is_done(done)).map(|done| done.file.size).sum();
    let counts = [
        (count(|result| result.as_ref().is_ok_and(|done| done.saved)), "saved"),
        (
            count(|result| result.as_ref().is_ok_and(|done| done.compressed && !done.saved)),
            "compressed",
        ),
        (
            count(|result| result.as_ref().is_ok_and(|done| !done.saved && !done.compressed)),
            "unchanged",
        ),
        (count(|result| result.as_ref().is_err_and(|error| !is_interruption(error))), "failed"),
        (count(|result| result.as_ref().is_err_and(is_interruption)), "interrupted"),
    ];
    session.summary(&counts, bytes);
}

/// Returns the line for a removed archive.
fn cleaned_line(root: &str, archive: &RemovedArchive) -> Line {
    let line = removed_line("removed", root, archive.archive.as_str(), archive.size);
    match archive.newer {
        true => line.reason("newer than what was updated"),
        false => line,
    }
}

fn document(image: &ImageUpdate) -> Value {
    failure::with_hint(json!(image), &image.result)
}
