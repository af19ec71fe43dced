//! Signals that ask the command to stop.

use sealift_workflow::Cancel;
use tokio::signal::unix::{SignalKind, signal};

use crate::exit_code::ExitCode;
use crate::output;

/// Cancels at the first signal, and ends the process at the second.
pub(crate) fn obey(cancel: Cancel) {
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let [Ok(mut int), Ok(mut term), Ok(mut hup)] = kinds.map(signal) else { return };
    tokio::spawn(async move {
        let mut next = async || {
            tokio::select! {
                _ = int.recv() => {}
                _ = term.recv() => {}
                _ = hup.recv() => {}
            }
        };
        next().await;
        cancel.cancel();
        next().await;
        exit_now();
    });
}

/// Ends the process at once. What was being written stays as a staging file, which the next writer
/// removes.
#[expect(clippy::exit, reason = "after a second signal nothing is waited for")]
fn exit_now() {
    output::error_line("interrupted at once");
    std::process::exit(ExitCode::INTERRUPTED.number());
}
