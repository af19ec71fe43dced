//! The output of a fetch.

use jiff::Timestamp;
use sealift_workflow::filename::Printable;
use sealift_workflow::{
    CleanReport, ConfigSigner, EngineLoad, FetchPlan, FetchReport, FetchTransfer, FetchedImage,
    ImageFetch, PlannedFetch,
};
use serde_json::{Value, json};

use crate::failure::{self, is_interruption};
use crate::format;
use crate::line::Line;
use crate::output;
use crate::session::Session;

/// Prints the result of one image, if it is a change or a failure.
pub(super) fn show(image: &ImageFetch, session: &Session) {
    session.json_result(|| document(image));
    match &image.result {
        Ok(fetched) if fetched.fetched && !session.global.json() => {
            session.change_line(&line(image, fetched));
        }
        Ok(_) => {}
        // Interruptions are reported once, at the end.
        Err(error) if is_interruption(error) => {}
        Err(error) => session.progress.suspend(|| failure::show(error)),
    }
}

fn line(image: &ImageFetch, fetched: &FetchedImage) -> Line {
    let line = Line::new().name(&image.tag).fixed("fetched");
    match &fetched.transfer {
        Some(transfer) if transfer.bytes_fetched < fetched.file.size => {
            let part = format::part(transfer.bytes_fetched, fetched.file.size);
            with_rest(line, &part, transfer)
        }
        _ => line.path(fetched.file.path.display()).fixed(format::size(fetched.file.size)),
    }
}

/// Adds a phrase about the number of fetched bytes and the source of the others.
fn with_rest(line: Line, part: &str, transfer: &FetchTransfer) -> Line {
    let name = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // The name of an unfinished archive does not contain an image or version.
        if name.ends_with(".part") { "an unfinished archive".to_owned() } else { name }
    };
    match &transfer.copied_from[..] {
        [] => line.fixed(part).detail("the rest was there already").after(", "),
        [first, others @ ..] => {
            let line = line.fixed(format!("{part}, the rest was in")).path(name(first)).after(" ");
            match others.len() {
                0 => line,
                count => line.fixed(format!(" and {}", format::count(count, "other"))).after(""),
            }
        }
    }
}

/// Prints the config, and the number of archives that were already in the folder.
pub(super) fn show_config(report: &FetchReport, session: &Session) {
    if session.global.json() {
        return;
    }
    let there = report
        .images
        .iter()
        .filter(|image| image.result.as_ref().is_ok_and(|fetched| !fetched.fetched));
    let there = there.count();
    let config = Printable(&report.config.url);
    if let Some(signer) = &report.config.signed_by {
        let kept = if report.config.signature_kept { "  kept from an earlier fetch" } else { "" };
        session.notice(&format!("config  {}{kept}", signed_by(signer)));
    }
    if report.config.unchanged && there == report.images.len() {
        session.notice(&format!("config  {config}  unchanged"));
    } else if report.images.is_empty() {
        session.notice(&format!("{config} contains no archives to fetch"));
    } else if there > 0 && there == report.images.len() {
        let be = if there == 1 { "was" } else { "were" };
        session.notice(&format!("{} {be} there already", format::count(there, "archive")));
    }
}

/// Prints the numbers of fetched, unchanged and failed archives.
pub(super) fn show_summary(report: &FetchReport, session: &Session) {
    let done = || report.images.iter().filter_map(|image| image.result.as_ref().ok());
    let fetched = || done().filter(|image| image.fetched);
    let failed = || report.images.iter().filter_map(|image| image.result.as_ref().err());
    let interrupted = failed().filter(|error| is_interruption(error)).count();
    let results = report.images.iter().map(|image| (image.tag.to_string(), &image.result));
    session.interrupted_images(results);
    if report.images.len() == done().count() - fetched().count() {
        return;
    }
    let counts = [
        (fetched().count(), "fetched"),
        (done().count() - fetched().count(), "unchanged"),
        (failed().count() - interrupted, "failed"),
        (interrupted, "interrupted"),
    ];
    session.summary(&counts, fetched().map(|image| image.file.size).sum());
}

/// Returns a phrase with the signer of the config and, if known, the age of the signature.
fn signed_by(signer: &ConfigSigner) -> String {
    let name = Printable(&signer.name);
    match signer.signed_at {
        Some(time) => format!("signed by {name}, {}", format::age(time, Timestamp::now())),
        None => format!("signed by {name}"),
    }
}

/// Prints the archives that would be fetched.
pub(super) fn show_plan(plan: &FetchPlan, session: &Session) {
    if session.global.json() {
        output::json(plan);
        return;
    }
    let mut total = 0;
    for PlannedFetch { image, version, size, to_fetch, .. } in &plan.images {
        let line = Line::new().name(format!("{image}:{version}"));
        match to_fetch {
            Some(bytes) => {
                total += bytes;
                let part = format::part(*bytes, *size);
                session.change_line(&line.fixed("would fetch").fixed(part));
            }
            None => session.result_line(&line.fixed("unchanged")),
        }
    }
    session.notice(&format!("{} to fetch", format::size(total)));
}

/// Prints the number and size of the removed archives.
pub(super) fn show_removed(report: &CleanReport, session: &Session) {
    for error in report.errors.iter().filter(|error| !is_interruption(error)) {
        session.progress.suspend(|| failure::show(error));
    }
    if !report.removed.is_empty() && !session.global.json() {
        let size = report.removed.iter().map(|archive| archive.file.size).sum();
        let count = format::count(report.removed.len(), "archive");
        session.change(&format!("removed {count}, {}\n", format::size(size)));
    }
}

fn document(image: &ImageFetch) -> Value {
    failure::with_hint(json!(image), &image.result)
}

/// Prints everything as one JSON document. With JSON lines, omits the results that were already
/// printed.
pub(super) fn show_json(
    report: &FetchReport,
    loads: &[EngineLoad],
    cleaned: Option<&CleanReport>,
    session: &Session,
) {
    if session.global.json_lines() {
        let removed = cleaned.map(|report| &report.removed[..]).unwrap_or_default();
        output::json(&json!({ "config": report.config, "removed": removed }));
        return;
    }
    let images: Vec<Value> = report.images.iter().map(document).collect();
    let loads: Vec<Value> =
        loads.iter().map(|load| failure::with_hint(json!(load), &load.result)).collect();
    let removed = cleaned.map(|report| &report.removed[..]).unwrap_or_default();
    output::json(&json!({
        "config": report.config,
        "images": images,
        "loads": loads,
        "removed": removed,
    }));
}
