//! The entry point of the fuzz target `build_output` into private types.
//!
//! The module is hidden from the documentation and is not part of the public interface. The reader
//! of answers and the state of the classic builder are private, and every public function that
//! reaches them needs an engine.

use crate::build::classic::Progress;
use crate::build::log::{BuildLog, take};
use crate::wire::json_lines::AnswerReader;

/// Follows an answer of the classic builder that arrives in these pieces, and returns all of its
/// events and its end as text.
pub fn follow_build<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut events = Vec::new();
    let mut progress = Progress::default();
    let mut on_event = |event| events.push(format!("{event:?}"));
    let mut on_line = |line| take(&mut progress, line, &mut on_event);
    let mut reader = AnswerReader::default();
    let pushed = pieces.into_iter().try_for_each(|piece| reader.push(piece, &mut on_line));
    let result = pushed.and_then(|()| reader.finish(&mut on_line));
    progress.flush(&mut on_event);
    format!("{events:?} {:?} {:?}", progress.into_outcome().id, result)
}
