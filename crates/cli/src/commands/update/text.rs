//! What an update prints.

use sealift_workflow::store::Store;
use sealift_workflow::{ImageUpdate, RemovedArchive, UpdateReport};
use serde_json::json;

use crate::archive_lines::{rebuilt_line, removed_line};
use crate::failure::{self, is_interruption};
use crate::format;
use crate::output;
use crate::session::Session;

/// Prints the result for each image, what was removed, and what went wrong.
///
/// An interruption is left out: the caller reports it once.
pub(super) fn show(report: &UpdateReport, store: &Store, session: &Session) {
    if session.global.json {
        let clean_errors = report.clean_errors.iter().filter(|error| !is_interruption(error));
        let clean_errors = clean_errors.map(|error| json!({ "error": failure::document(error) }));
        let documents: Vec<_> = report.images.iter().map(document).chain(clean_errors).collect();
        output::json(&documents);
    }
    let root = format::path(store.root());
    let mut removed = Vec::new();
    for image in &report.images {
        match &image.result {
            Ok(_) if session.global.json => {}
            Ok(done) => {
                let what = match (done.saved, done.compressed) {
                    (true, _) => "saved",
                    (false, true) => "compressed",
                    (false, false) => "unchanged",
                };
                let path = format::path(&done.file.path);
                let mut line = format!("{}  {what}  {path}", image.reference);
                if done.saved || done.compressed {
                    line.push_str(&format!("  {}", format::size(done.file.size)));
                    if done.compressed {
                        line.push_str(&format!(" ({})", format::size(done.plain_size)));
                    }
                    line.push_str("  verified");
                }
                session.result(&(line + "\n"));
                if !done.replaces.is_empty() {
                    let (image, version) = (&done.file.image, &done.file.version);
                    session.notice(&rebuilt_line(image, version, &done.replaces));
                }
                for archive in &done.removed {
                    // One archive can be removed for several versions of an image.
                    if !removed.contains(&archive) {
                        removed.push(archive);
                    }
                }
            }
            Err(error) if is_interruption(error) => {}
            Err(error) => failure::show(error),
        }
    }
    for archive in removed {
        session.result(&cleaned_line(&root, archive));
    }
    for error in report.clean_errors.iter().filter(|error| !is_interruption(error)) {
        failure::show(error);
    }
}

/// Returns the line for an archive that is gone.
fn cleaned_line(root: &str, archive: &RemovedArchive) -> String {
    let line = removed_line("removed", root, archive.archive.as_str(), archive.size);
    match archive.newer {
        true => format!("{}  newer than what was updated\n", line.trim_end()),
        false => line,
    }
}

fn document(image: &ImageUpdate) -> serde_json::Value {
    failure::with_hint(json!(image), &image.result)
}
