//! What the fuzz targets need of this crate's inside. It is there with `--cfg fuzzing` alone.

use std::path::Path;

use crate::answer::{AnswerReader, Line, reported};
use crate::build_log::BuildLog;
use crate::classic_build::Progress;
use crate::ignore::{Ignore, Matches};

/// Follows an answer of the classic builder that comes in these pieces, and tells all that is told of it.
pub fn follow_build<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut told = Vec::new();
    let mut progress = Progress::default();
    let mut on_event = |event| told.push(format!("{event:?}"));
    let mut on_line = |line: Line| {
        match (reported(&line), line) {
            (Some((message, code)), _) => {
                progress.flush(&mut on_event);
                let failed = std::mem::take(&mut progress).failed(message, code);
                on_event(crate::BuildEvent::Warning(format!("{failed:?}")));
            }
            (None, Line::Json(line)) => progress.note(&line, &mut on_event)?,
            (None, Line::Text(_)) => {}
        }
        Ok(())
    };
    let mut reader = AnswerReader::default();
    let mut result = Ok(());
    for piece in pieces {
        result = result.and_then(|()| reader.push(piece, &mut on_line));
    }
    let result = result.and_then(|()| reader.finish(&mut on_line));
    progress.flush(&mut on_event);
    format!("{told:?} {:?} {}", progress.into_id(), result.is_ok())
}

/// Tells of each path, for each folder on the way to it and for itself, whether an ignore file leaves it out; none where
/// it is no ignore file.
pub fn left_out(ignore_file: &[u8], paths: &[&Path]) -> Option<Vec<Vec<bool>>> {
    let ignore = Ignore::parse(ignore_file).ok()?;
    let judge_way = |path: &&Path| {
        let mut folders: Vec<&Path> = path.ancestors().collect();
        folders.pop();
        let mut matches = Matches::default();
        let judge = |folder: &&Path| {
            let (is_left_out, of_folder) = ignore.leaves_out(folder, &matches);
            matches = of_folder;
            is_left_out
        };
        folders.iter().rev().map(judge).collect()
    };
    Some(paths.iter().map(judge_way).collect())
}
