//! Handling of signals that stop the command.

use sealift_workflow::Cancel;
use tokio::signal::unix::{SignalKind, signal};

use crate::exit_code::ExitCode;
use crate::output;

/// Cancels at the first signal, and exits at the second.
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

/// Exits immediately. An unfinished staging file remains, and the next command that writes to the
/// folder removes it.
#[expect(clippy::exit, reason = "a second signal must not wait")]
fn exit_now() {
    output::error_line("interrupted at once");
    std::process::exit(ExitCode::INTERRUPTED.number());
}
