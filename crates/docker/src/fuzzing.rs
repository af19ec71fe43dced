//! What the fuzz targets need of this crate's inside. It is there with `--cfg fuzzing` alone.

use std::path::Path;

use crate::answer::AnswerReader;
use crate::build_log::{BuildLog, take};
use crate::classic_build::Progress;
use crate::ignore::{Ignore, walk};

/// Follows an answer of the classic builder that comes in these pieces, and tells all that is told of it.
pub fn follow_build<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut told = Vec::new();
    let mut progress = Progress::default();
    let mut on_event = |event| told.push(format!("{event:?}"));
    let mut on_line = |line| take(&mut progress, line, &mut on_event);
    let mut reader = AnswerReader::default();
    let pushed = pieces.into_iter().try_for_each(|piece| reader.push(piece, &mut on_line));
    let result = pushed.and_then(|()| reader.finish(&mut on_line));
    progress.flush(&mut on_event);
    format!("{told:?} {:?} {:?}", progress.into_outcome().id, result)
}

/// Tells of each path, for each folder on the way to it and for itself, whether an ignore file leaves it out; none where
/// it is no ignore file.
pub fn left_out(ignore_file: &[u8], paths: &[&Path]) -> Option<Vec<Vec<bool>>> {
    let ignore = Ignore::parse(ignore_file).ok()?;
    Some(paths.iter().map(|path| walk(&ignore, path)).collect())
}
