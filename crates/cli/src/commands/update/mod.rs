//! `sealift update`.

mod arguments;

use std::path::Path;

use sealift_workflow::filename::{ArchivePath, Reference};
use sealift_workflow::store::{Action, Keep, Removal, Store};
use sealift_workflow::{
    Error, ErrorKind, ImagePlan, ImageUpdate, PlannedImage, RemovedArchive, UpdateOptions,
    UpdatePlan, UpdateReport, plan_update, update,
};
use serde_json::json;

use crate::archive_lines::{rebuilt_line, removed_line};
use crate::arguments::reference::references;
use crate::exit_code::ExitCode;
use crate::failure::{self, Failure};
use crate::format;
use crate::output;
use crate::session::Session;
use crate::table;

pub(crate) use arguments::UpdateArguments;

pub(crate) async fn run(
    arguments: UpdateArguments,
    session: &Session,
) -> Result<ExitCode, Failure> {
    let references = references(&arguments.images)?;
    let options = UpdateOptions {
        compress: arguments.compress,
        level: arguments.level,
        clean: arguments.clean,
        keep: arguments.keep.keep.map(|releases| Keep {
            releases,
            dirty: arguments.keep.keep_dirty.unwrap_or(releases),
        }),
        platform: arguments.platform.platform()?,
        jobs: arguments.jobs.into(),
        immutable: arguments.immutable.is_set(),
    };
    if arguments.dry_run {
        return dry_run(&references, &options, session).await;
    }
    update_and_show(&references, &options, session).await
}

/// Brings the folder in step and shows what came of it.
pub(crate) async fn update_and_show(
    references: &[Reference],
    options: &UpdateOptions,
    session: &Session,
) -> Result<ExitCode, Failure> {
    let engine = session.engine()?;
    let (store, _new_folder) = session.store_to_write()?;
    let report = update(&engine, &store, references, options, &session.run()).await?;
    show(&report, &store, session);
    let errors = || {
        let of_images = report.images.iter().filter_map(|image| image.result.as_ref().err());
        of_images.chain(&report.clean_errors)
    };
    // Said once, after all that was finished.
    if errors().any(is_interrupt) {
        failure::show(&Error::Interrupted);
        return Ok(ExitCode::INTERRUPTED);
    }
    Ok(match errors().next() {
        Some(error) => ExitCode::of(error.kind()),
        None => ExitCode::DONE,
    })
}

fn show(report: &UpdateReport, store: &Store, session: &Session) {
    if session.global.json {
        let clean_errors = report.clean_errors.iter().filter(|error| !is_interrupt(error));
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
                let path = format::path(&done.path);
                let mut line = format!("{}  {what}  {path}", image.reference);
                if done.saved || done.compressed {
                    line.push_str(&format!("  {}", format::size(done.size)));
                    if done.compressed {
                        line.push_str(&format!(" ({})", format::size(done.plain_size)));
                    }
                    line.push_str("  verified");
                }
                session.result(&(line + "\n"));
                if !done.replaces.is_empty() {
                    let (image, version) = (&done.image, &done.version);
                    session.notice(&rebuilt_line(image, version, &done.replaces));
                }
                for archive in &done.removed {
                    // One archive can be removed for several versions of an image.
                    if !removed.contains(&archive) {
                        removed.push(archive);
                    }
                }
            }
            Err(error) if is_interrupt(error) => {}
            Err(error) => failure::show(error),
        }
    }
    for archive in removed {
        session.result(&cleaned_line(&root, archive));
    }
    for error in report.clean_errors.iter().filter(|error| !is_interrupt(error)) {
        failure::show(error);
    }
}

fn is_interrupt(error: &Error) -> bool {
    error.kind() == ErrorKind::Interrupted
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
    match &image.result {
        Ok(done) => json!(done),
        Err(error) => failed_document(&image.reference, error),
    }
}

fn failed_document(reference: &Reference, error: &Error) -> serde_json::Value {
    json!({
        "image": reference.repository(),
        "version": reference.version_or_latest(),
        "error": failure::document(error),
    })
}

async fn dry_run(
    references: &[Reference],
    options: &UpdateOptions,
    session: &Session,
) -> Result<ExitCode, Failure> {
    let engine = session.engine()?;
    let dir = session.dir();
    // A folder that isn't there yet would be made.
    let store = if dir.exists() { Some(session.store()?) } else { None };
    let planned = plan_update(&engine, store.as_ref(), references, options, &session.run()).await?;
    if session.global.json {
        output::json(&plan_document(&planned, &dir));
    } else {
        output::text(&plan_text(&planned));
    }
    for error in planned.images.iter().filter_map(|image| image.result.as_ref().err()) {
        failure::show(error);
    }
    Ok(planned.images.iter().find_map(failed_code).unwrap_or(ExitCode::DONE))
}

/// Returns the exit code with which an update would end for an image, if it would fail.
fn failed_code(image: &ImagePlan) -> Option<ExitCode> {
    match &image.result {
        Ok(planned) => matches!(planned.item.action, Action::UnsupportedFormat { .. })
            .then_some(ExitCode::UNSUPPORTED_FORMAT),
        Err(error) => Some(ExitCode::of(error.kind())),
    }
}

/// Describes a plan as JSON, in which paths have the folder in front.
fn plan_document(planned: &UpdatePlan, dir: &Path) -> serde_json::Value {
    let path = |archive: &ArchivePath| dir.join(archive.as_str()).display().to_string();
    let items = planned.images.iter().map(|image| {
        let PlannedImage { item, replaces } = match &image.result {
            Ok(planned) => planned,
            Err(error) => return failed_document(&image.reference, error),
        };
        let mut document = json!({
            "image": item.image,
            "version": item.version,
            "platform": item.platform,
        });
        let action = match &item.action {
            Action::Keep { archive } => json!({ "action": "keep", "path": path(archive) }),
            Action::Save { format, id } => {
                json!({ "action": "save", "format": format, "id": id, "replaces": replaces })
            }
            Action::Compress { from, to } => {
                json!({ "action": "compress", "from": path(from), "to": path(to) })
            }
            Action::UnsupportedFormat { archive } => {
                json!({ "action": "unsupported_format", "path": path(archive) })
            }
        };
        if let (Some(document), serde_json::Value::Object(action)) =
            (document.as_object_mut(), action)
        {
            document.extend(action);
        }
        document
    });
    let removal = |removal: &Removal| json!({ "path": path(&removal.archive), "size": removal.size, "newer": removal.newer });
    let would_remove: Vec<_> = planned.plan.remove.iter().map(removal).collect();
    json!({ "items": items.collect::<Vec<_>>(), "would_remove": would_remove })
}

fn plan_text(planned: &UpdatePlan) -> String {
    let mut rows = Vec::new();
    for PlannedImage { item, replaces } in
        planned.images.iter().filter_map(|image| image.result.as_ref().ok())
    {
        let (what, which) = match &item.action {
            Action::Keep { archive } => ("keep", archive.to_string()),
            Action::Save { format, id } => {
                let id =
                    id.map_or_else(|| "id known after the save".to_owned(), |id| id.to_string());
                let mut which = format!("as {format}, {id}");
                if !replaces.is_empty() {
                    let ids =
                        replaces.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                    which.push_str(&format!(", the same release was {ids} before"));
                }
                ("save", which)
            }
            Action::Compress { from, to } => ("compress", format!("{from} to {to}")),
            Action::UnsupportedFormat { archive } => ("refuse", format!("the format of {archive}")),
        };
        rows.push(vec![what.to_owned(), format!("{}:{}", item.image, item.version), which]);
    }
    for removal in &planned.plan.remove {
        let mark = if removal.newer { "  newer than what is updated" } else { "" };
        let image = format!("{}:{}", removal.archive.image(), removal.archive.name().version());
        rows.push(vec!["remove".to_owned(), image, format!("{}{mark}", removal.archive)]);
    }
    table::align(&["ACTION", "IMAGE", "ARCHIVE"], &rows)
}
