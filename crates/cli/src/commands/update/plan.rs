//! `sealift update --dry-run`.

use sealift_workflow::catalog::Action;
use sealift_workflow::filename::Reference;
use sealift_workflow::{ImagePlan, PlannedImage, UpdateOptions, UpdatePlan, plan_update};
use serde_json::json;

use crate::exit_code::ExitCode;
use crate::failure::{self, Failure};
use crate::output;
use crate::session::Session;
use crate::table;

/// Prints the plan of an update.
pub(super) async fn dry_run(
    references: &[Reference],
    options: &UpdateOptions,
    session: &Session,
) -> Result<ExitCode, Failure> {
    let engine = session.engine()?;
    let dir = session.dir();
    // An update would create a missing folder, but a dry run does not.
    let store = if dir.exists() { Some(session.store()?) } else { None };
    let planned = plan_update(&engine, store.as_ref(), references, options, &session.run()).await?;
    if session.global.json() {
        output::json(&plan_document(&planned));
    } else {
        output::text(&plan_text(&planned));
    }
    for error in planned.images.iter().filter_map(|image| image.result.as_ref().err()) {
        failure::show(error);
    }
    Ok(planned.images.iter().find_map(failed_code).unwrap_or(ExitCode::DONE))
}

/// Returns the exit code of an update of this image, if it would fail.
fn failed_code(image: &ImagePlan) -> Option<ExitCode> {
    match &image.result {
        Ok(planned) => matches!(planned.item.action, Action::UnsupportedFormat { .. })
            .then_some(ExitCode::UNSUPPORTED_FORMAT),
        Err(error) => Some(ExitCode::of(error.kind())),
    }
}

fn plan_document(planned: &UpdatePlan) -> serde_json::Value {
    let mut document = json!(planned);
    for (index, image) in planned.images.iter().enumerate() {
        let item = &mut document["items"][index];
        *item = failure::with_hint(item.take(), &image.result);
    }
    document
}

fn plan_text(planned: &UpdatePlan) -> String {
    let mut rows = Vec::new();
    for PlannedImage { item, replaces, .. } in
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
                    which.push_str(&format!(", previous id of this release: {ids}"));
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
    if let Some(width) = output::terminal_width() {
        table::shorten(&mut rows, &[2, 1], width);
    }
    table::align(&["ACTION", "IMAGE", "ARCHIVE"], &rows)
}
