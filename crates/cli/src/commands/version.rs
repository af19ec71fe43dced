//! `sealift version`.

use serde_json::json;

use crate::exit_code::ExitCode;
use crate::output;
use crate::session::Session;

pub(crate) fn run(session: &Session) -> ExitCode {
    let version = env!("CARGO_PKG_VERSION");
    if session.global.json() {
        output::json(&json!({ "version": version }));
    } else {
        output::text(&format!("sealift {version}\n"));
    }
    ExitCode::DONE
}
