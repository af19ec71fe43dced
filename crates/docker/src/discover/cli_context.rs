//! The contexts of the docker CLI, which give names to engines.

use std::io;
use std::path::{Path, PathBuf};

use sealift_oci::Digest;
use serde_json::Value;

use sealift_credentials::CliConfig;

use crate::discover::resolve_error::{ResolveError, ResolveErrorKind};
use crate::discover::setting::{Setting, SettingSource};

/// The content of a context.
pub(crate) struct CliContext {
    /// The engine's address, in the docker CLI's syntax.
    pub(crate) host: String,
    pub(crate) tls_folder: TlsFolder,
}

/// The folder with the certificates of a context.
pub(crate) struct TlsFolder {
    pub(crate) path: PathBuf,
    /// Whether the folder contains any certificates.
    pub(crate) has_files: bool,
}

/// Returns the context that the docker CLI's config file selects.
pub(crate) fn current(folder: &Path) -> Result<Option<Setting<String>>, ResolveError> {
    let Some(config) = CliConfig::read(folder)? else { return Ok(None) };
    let name = config.current_context()?;
    Ok(name.map(|name| Setting::new(name, SettingSource::ConfigFile(config.path().to_owned()))))
}

/// Reads the context with this name.
pub(crate) fn read(folder: &Path, name: &Setting<String>) -> Result<CliContext, ResolveError> {
    let contexts = folder.join("contexts");
    let setting = match &name.source {
        SettingSource::ConfigFile(path) => format!("currentContext of {}", path.display()),
        source => source.to_string(),
    };
    let refuse = |reason: String| {
        ResolveError::new(ResolveErrorKind::Context, &setting, &name.value, reason)
    };
    let id = id_of(&name.value);
    let path = contexts.join("meta").join(&id).join("meta.json");
    let Some(meta) = read_json(&path)
        .map_err(|reason| refuse(format!("{} cannot be used: {reason}", path.display())))?
    else {
        let reason =
            format!("there is no such context in {}; {}", contexts.display(), known(&contexts));
        return Err(refuse(reason));
    };
    let docker = &meta["Endpoints"]["docker"];
    let host = docker["Host"].as_str().filter(|host| !host.is_empty());
    let host = host.ok_or_else(|| refuse(format!("{} contains no host", path.display())))?;
    let tls_folder = contexts.join("tls").join(&id).join("docker");
    let has_files = ["ca.pem", "cert.pem", "key.pem"].map(|name| tls_folder.join(name).exists());
    let has_files = has_files.contains(&true);
    // With `SkipTLSVerify`, the docker CLI uses TLS for a TCP address even if there are no
    // certificates.
    let may_be_tls = has_files || host.starts_with("tcp:") || host.starts_with("https:");
    if docker["SkipTLSVerify"] == Value::Bool(true) && may_be_tls {
        let reason = "it sets SkipTLSVerify, and TLS without verification is not supported; create \
                      it again without skip-tls-verify and with ca=FILE";
        return Err(refuse(reason.to_owned()));
    }
    Ok(CliContext { host: host.to_owned(), tls_folder: TlsFolder { path: tls_folder, has_files } })
}

/// Returns the name of a context's folder: the digest of the context's name.
fn id_of(name: &str) -> String {
    Digest::of(name.as_bytes()).hex()
}

/// Lists the contexts that exist.
fn known(contexts: &Path) -> String {
    let names: Vec<_> = names(contexts).iter().map(|name| format!("`{name}`")).collect();
    match names.is_empty() {
        true => "there are none".to_owned(),
        false => format!("available: {}", names.join(", ")),
    }
}

/// Returns the names of the contexts in a folder, sorted.
pub(crate) fn names(contexts: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(contexts.join("meta")).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| read_json(&entry.path().join("meta.json")).ok().flatten())
        .filter_map(|meta| Some(meta["Name"].as_str()?.to_owned()))
        .collect();
    names.sort();
    names
}

/// Reads a JSON file. Returns `None` if there is no such file.
fn read_json(path: &Path) -> Result<Option<Value>, String> {
    match std::fs::read(path) {
        Ok(bytes) => match serde_json::from_slice(&bytes) {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(format!("it is not JSON: {error}")),
        },
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Ok(None)
        }
        Err(error) => Err(format!("it cannot be read: {error}")),
    }
}
