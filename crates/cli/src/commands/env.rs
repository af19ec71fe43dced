//! `sealift env`: which engine and which folder are used, and why.

use std::fmt::Display;
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;

use clap::Args;
use sealift_workflow::docker::{Endpoint, Engine, EngineVersion, Setting, Settings, Timeouts};
use sealift_workflow::filename::Printable;
use sealift_workflow::{Error, ErrorKind};
use serde_json::{Value, json};

use crate::exit_code::ExitCode;
use crate::failure::{self, Failure};
use crate::output;
use crate::session::Session;
use crate::table;

/// Show which engine is used, and which setting chose it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealift env
  eval \"$(sealift env --shell)\"")]
pub(crate) struct EnvArguments {
    /// Print exports for a shell
    #[arg(long, conflicts_with = "json")]
    shell: bool,
}

/// Everything that is used, except the engine's answer.
struct Used {
    endpoint: Endpoint,
    /// The folder, and which setting chose it.
    dir: (String, &'static str),
    timeouts: Timeouts,
    timeout_source: &'static str,
}

pub(crate) async fn run(arguments: EnvArguments, session: &Session) -> Result<ExitCode, Failure> {
    let settings = session.settings();
    let timeouts = Timeouts::resolve(&settings).map_err(Failure::usage)?;
    let endpoint = Endpoint::resolve(&settings).map_err(Failure::usage)?;
    let (dir, dir_source) = session.dir_and_source();
    if arguments.shell {
        output::data(exports(&endpoint, &settings, &dir));
        return Ok(ExitCode::DONE);
    }
    let engine = Engine::new(endpoint.clone(), timeouts);
    let answer = tokio::select! {
        answer = engine.version() => answer.map_err(Error::from),
        () = session.interrupted() => return Err(Error::Interrupted.into()),
    };
    let timeout_source = if settings.sealift_api_timeout.is_some() {
        "SEALIFT_API_TIMEOUT"
    } else if settings.genvid_docker_api_timeout.is_some() {
        "GENVID_DOCKER_API_TIMEOUT"
    } else {
        "the default"
    };
    let used =
        Used { endpoint, dir: (dir.display().to_string(), dir_source), timeouts, timeout_source };
    if session.global.json {
        output::json(&used.json(&answer));
    } else {
        output::text(&used.table(&answer));
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

impl Used {
    fn json(&self, answer: &Result<EngineVersion, Error>) -> Value {
        let endpoint = &self.endpoint;
        json!({
            "host": { "value": endpoint.to_string(), "source": endpoint.source.to_string() },
            "context": endpoint.context.as_ref().map(document_of),
            "machine": endpoint.machine.as_ref().map(document_of),
            "certificates": endpoint.tls.as_ref().map(|tls| json!({
                "value": tls.value.folder.display().to_string(), "source": tls.source.to_string(),
            })),
            "api_version": endpoint.api_version.as_ref().map(document_of),
            "dir": { "value": self.dir.0, "source": self.dir.1 },
            "idle_timeout_seconds": {
                "value": self.timeouts.idle.as_secs_f64(), "source": self.timeout_source,
            },
            "engine": answer.as_ref().ok().map(|version| json!({
                "name": version.name,
                "version": version.version,
                "api_version": version.api_version,
                "os": version.os,
                "arch": version.arch,
            })),
            "error": answer.as_ref().err().map(failure::document),
        })
    }

    fn table(&self, answer: &Result<EngineVersion, Error>) -> String {
        let endpoint = &self.endpoint;
        let (engine, api) = match answer {
            Ok(version) => (
                format!("{} {}", version.name, version.version),
                format!("API {}", version.api_version),
            ),
            Err(_) => ("does not answer".to_owned(), String::new()),
        };
        let mut rows = Vec::new();
        let mut row = |name: &str, value: &dyn Display, source: &dyn Display| {
            rows.push(vec![
                name.to_owned(),
                Printable(&value.to_string()).to_string(),
                Printable(&source.to_string()).to_string(),
            ]);
        };
        row("host", endpoint, &endpoint.source);
        if let Some(context) = &endpoint.context {
            row("context", &context.value, &context.source);
        }
        if let Some(machine) = &endpoint.machine {
            row("machine", &machine.value, &machine.source);
        }
        if let Some(tls) = &endpoint.tls {
            row("certificates", &tls.value.folder.display(), &tls.source);
        }
        if let Some(version) = &endpoint.api_version {
            row("API", &version.value, &version.source);
        }
        row("engine", &engine, &api);
        let idle = format!("{} s without a byte", self.timeouts.idle.as_secs_f64());
        row("timeout", &idle, &self.timeout_source);
        row("folder", &self.dir.0, &self.dir.1);
        table::align(&["SETTING", "VALUE", "FROM"], &rows)
    }
}

fn document_of<T: Display>(setting: &Setting<T>) -> Value {
    json!({ "value": setting.value.to_string(), "source": setting.source.to_string() })
}

/// Returns the exports by which other programs of a shell use the same engine and folder.
///
/// Paths are absolute, so that they also hold in other folders.
fn exports(endpoint: &Endpoint, settings: &Settings, dir: &Path) -> Vec<u8> {
    let mut text = Vec::new();
    let mut export = |name: &str, value: &[u8]| {
        text.extend_from_slice(format!("export {name}=").as_bytes());
        text.extend(quote(value));
        text.push(b'\n');
    };
    let absolute = |path: &Path| {
        std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).into_os_string().into_vec()
    };
    // The docker CLI knows TLS by its variables only.
    let host = endpoint.to_string();
    let host = host.strip_prefix("https:").map_or(host.clone(), |rest| format!("tcp:{rest}"));
    export("DOCKER_HOST", host.as_bytes());
    if let Some(tls) = &endpoint.tls {
        export("DOCKER_TLS_VERIFY", b"1");
        export("DOCKER_CERT_PATH", &absolute(&tls.value.folder));
    }
    if let Some(version) = &endpoint.api_version {
        export("DOCKER_API_VERSION", version.value.to_string().as_bytes());
    }
    export("SEALIFT_DIR", &absolute(dir));
    if endpoint.tls.is_none() && settings.docker_tls_verify.is_some() {
        text.extend_from_slice(b"unset DOCKER_TLS_VERIFY\n");
    }
    text
}

/// Quotes a value for a shell.
fn quote(value: &[u8]) -> Vec<u8> {
    let mut quoted = vec![b'\''];
    for &byte in value {
        match byte {
            b'\'' => quoted.extend_from_slice(br"'\''"),
            byte => quoted.push(byte),
        }
    }
    quoted.push(b'\'');
    quoted
}

#[cfg(test)]
mod tests {
    #[test]
    fn values_are_quoted_for_a_shell() {
        assert_eq!(super::quote(b"it's"), br"'it'\''s'");
    }
}
