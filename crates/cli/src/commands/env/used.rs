//! The output of `sealift env`.

use std::fmt::Display;

use sealift_workflow::Error;
use sealift_workflow::docker::{Endpoint, EngineVersion, Setting, Timeouts};
use sealift_workflow::filename::Printable;
use serde_json::{Value, json};

use crate::failure;
use crate::table;
use crate::user_config::UserConfig;

/// The settings that are used.
pub(super) struct Used {
    pub(super) endpoint: Endpoint,
    /// The path of the folder, and the setting that chose it.
    pub(super) dir: (String, &'static str),
    pub(super) config: UserConfig,
    pub(super) timeouts: Timeouts,
    pub(super) timeout_source: &'static str,
}

impl Used {
    /// Returns the settings and the answer of the engine as JSON.
    pub(super) fn json(&self, answer: &Result<EngineVersion, Error>) -> Value {
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
            "config": self.config.exists.then(|| json!({
                "value": self.config.path.display().to_string(), "source": self.config.source,
            })),
            "require_signature": self.config.require_signature,
            "signed_by": self.config.signed_by.as_ref().map(|file| file.display().to_string()),
            "revoked": self.config.revoked.as_ref().map(|file| file.display().to_string()),
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

    /// Returns the settings and the answer of the engine as a table.
    pub(super) fn table(&self, answer: &Result<EngineVersion, Error>) -> String {
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
        let config = &self.config;
        if config.exists {
            row("config", &config.path.display(), &config.source);
            let signatures = match config.require_signature {
                true => "required",
                false => "not required",
            };
            row("signatures", &signatures, &config.path.display());
            for (name, file) in [("signers", &config.signed_by), ("revoked", &config.revoked)] {
                if let Some(file) = file {
                    row(name, &file.display(), &config.path.display());
                }
            }
        }
        table::align(&["SETTING", "VALUE", "FROM"], &rows)
    }
}

fn document_of<T: Display>(setting: &Setting<T>) -> Value {
    json!({ "value": setting.value.to_string(), "source": setting.source.to_string() })
}
