//! Contexts of the docker CLI: engines with names.

use std::io;
use std::path::{Path, PathBuf};

use sealift_oci::Digest;
use serde_json::Value;

use sealift_credentials::CliConfig;

use crate::discover::resolve_error::{ResolveError, ResolveErrorKind};
use crate::discover::setting::{Setting, SettingSource};

/// The content of a context.
pub(crate) struct CliContext {
    /// The engine's address, as the docker CLI writes it.
    pub(crate) host: String,
    pub(crate) tls_folder: TlsFolder,
}

/// Where a context keeps its certificates.
pub(crate) struct TlsFolder {
    pub(crate) path: PathBuf,
    /// Whether there are any.
    pub(crate) has_files: bool,
}

/// Returns the context that the docker CLI's config file names.
pub(crate) fn current(folder: &Path) -> Result<Option<Setting<String>>, ResolveError> {
    let Some(config) = CliConfig::read(folder)? else { return Ok(None) };
    let name = config.current_context()?;
    Ok(name.map(|name| Setting::new(name, SettingSource::ConfigFile(config.path().to_owned()))))
}

/// Reads the context of this name.
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
    let host = host.ok_or_else(|| refuse(format!("{} names no host", path.display())))?;
    let tls_folder = contexts.join("tls").join(&id).join("docker");
    let has_files = ["ca.pem", "cert.pem", "key.pem"].map(|name| tls_folder.join(name).exists());
    let has_files = has_files.contains(&true);
    // With this, the docker CLI uses TLS for a port of a host even if there are no
    // certificates.
    let may_be_tls = has_files || host.starts_with("tcp:") || host.starts_with("https:");
    if docker["SkipTLSVerify"] == Value::Bool(true) && may_be_tls {
        let reason = "it has SkipTLSVerify, so nothing would prove who answers; make it anew without \
                      skip-tls-verify and with ca=FILE";
        return Err(refuse(reason.to_owned()));
    }
    Ok(CliContext { host: host.to_owned(), tls_folder: TlsFolder { path: tls_folder, has_files } })
}

/// Returns the name of a context's folder: the digest of the context's name.
fn id_of(name: &str) -> String {
    Digest::of(name.as_bytes()).hex()
}

/// Describes which contexts there are.
fn known(contexts: &Path) -> String {
    let names: Vec<_> = names(contexts).iter().map(|name| format!("`{name}`")).collect();
    match &names[..] {
        [] => "there are none".to_owned(),
        [only] => format!("there is {only}"),
        [first @ .., last] => format!("there are {} and {last}", first.join(", ")),
    }
}

/// Returns the names of the contexts in their folder, sorted.
pub(crate) fn names(contexts: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(contexts.join("meta")).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| read_json(&entry.path().join("meta.json")).ok().flatten())
        .filter_map(|meta| Some(meta["Name"].as_str()?.to_owned()))
        .collect();
    names.sort();
    names
}

/// Reads a file of JSON. Returns `None` if there is no such file.
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
