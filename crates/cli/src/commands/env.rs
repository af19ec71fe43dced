//! `sealift env`: which engine and which folder are used, and why.

use sealift_workflow::docker::{Endpoint, Timeouts};
use sealift_workflow::{Error, ErrorKind};
use serde_json::json;

use crate::args::EnvArguments;
use crate::exit_code::ExitCode;
use crate::failure::{self, Failure};
use crate::output;
use crate::session::Session;
use crate::table;

pub(crate) async fn run(arguments: EnvArguments, session: &Session) -> Result<ExitCode, Failure> {
    let settings = session.settings();
    let endpoint = Endpoint::resolve(&settings).map_err(Failure::usage)?;
    let timeouts = Timeouts::resolve(&settings).map_err(Failure::usage)?;
    let (dir, dir_source) = session.dir_and_source();
    if arguments.shell {
        let dir = dir.display().to_string();
        let exports = [("DOCKER_HOST", endpoint.to_string()), ("SEALIFT_DIR", dir)];
        for (name, value) in exports {
            output::data(&format!("export {name}={}\n", quote(&value)));
        }
        return Ok(ExitCode::DONE);
    }
    let answer = session.engine()?.version().await.map_err(Error::from);
    let idle = timeouts.idle.as_secs_f64();
    let timeout_source = if settings.sealift_api_timeout.is_some() {
        "SEALIFT_API_TIMEOUT"
    } else if settings.genvid_docker_api_timeout.is_some() {
        "GENVID_DOCKER_API_TIMEOUT"
    } else {
        "the default"
    };
    if session.global.json {
        output::json(&json!({
            "host": { "value": endpoint.to_string(), "source": endpoint.source.to_string() },
            "dir": { "value": dir, "source": dir_source },
            "idle_timeout_seconds": { "value": idle, "source": timeout_source },
            "engine": answer.as_ref().ok().map(|version| json!({
                "name": version.name,
                "version": version.version,
                "api_version": version.api_version,
                "os": version.os,
                "arch": version.arch,
            })),
            "error": answer.as_ref().err().map(failure::one_line),
        }));
    } else {
        let engine = match &answer {
            Ok(version) => format!("{} {}", version.name, version.version),
            Err(_) => "does not answer".to_owned(),
        };
        let api =
            answer.as_ref().map_or(String::new(), |version| format!("API {}", version.api_version));
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = [
            row(["host", &endpoint.to_string(), &endpoint.source.to_string()]),
            row(["engine", &engine, &api]),
            row(["timeout", &format!("{idle} s without a byte"), timeout_source]),
            row(["folder", &dir.display().to_string(), dir_source]),
        ];
        output::data(&table::align(&["SETTING", "VALUE", "FROM"], &rows));
    }
    match answer {
        Ok(_) => Ok(ExitCode::DONE),
        Err(error) => {
            failure::show(&error);
            Ok(ExitCode::of(match error.kind() {
                ErrorKind::Failed => ErrorKind::Unreachable,
                kind => kind,
            }))
        }
    }
}

/// Quotes a value for a shell.
fn quote(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn values_are_quoted_for_a_shell() {
        assert_eq!(super::quote("it's"), r"'it'\''s'");
    }
}
