//! Completes the images and versions that the folder holds, and the docker CLI's contexts.

use std::collections::BTreeSet;
use std::ffi::OsStr;

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use sealift_workflow::docker::Settings;
use sealift_workflow::filename::Version;
use sealift_workflow::store::Store;

use crate::arguments::folder::FolderArguments;

/// Completes the images that the folder holds, and after a colon their versions.
pub(crate) fn references() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| candidates(typed))
}

/// Completes the contexts of the docker CLI.
pub(crate) fn contexts() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let names = Settings::from_env().context_names().into_iter();
        let typed = typed.to_str().unwrap_or_default();
        names.filter(|name| name.starts_with(typed)).map(CompletionCandidate::new).collect()
    })
}

fn candidates(typed: &OsStr) -> Vec<CompletionCandidate> {
    let Some(typed) = typed.to_str() else { return Vec::new() };
    // The shell does not pass the value of `--dir`, so the environment decides.
    let Ok(store) = Store::open(FolderArguments::default().dir_and_source().0) else {
        return Vec::new();
    };
    let Ok(scan) = store.scan() else { return Vec::new() };
    let names = scan.archives.iter().filter_map(|archive| {
        let image = archive.repository()?.to_string();
        let version = Version::new(archive.name().version()).to_tag().ok()?;
        Some((image, version))
    });
    fitting(typed, names).into_iter().map(CompletionCandidate::new).collect()
}

/// Returns the images that begin with what is typed or, if that has a colon, their versions.
fn fitting(typed: &str, names: impl Iterator<Item = (String, String)>) -> BTreeSet<String> {
    let is_version = typed.contains(':');
    names
        .map(|(image, version)| if is_version { format!("{image}:{version}") } else { image })
        .filter(|name| name.starts_with(typed))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::fitting;

    #[test]
    fn versions_come_behind_the_colon() {
        let fitting = |typed| {
            let names = [("api", "2"), ("web", "1"), ("web", "dev"), ("web-admin", "1")];
            let names = names.map(|(image, version)| (image.to_owned(), version.to_owned()));
            fitting(typed, names.into_iter()).into_iter().collect::<Vec<_>>()
        };
        assert_eq!(fitting(""), ["api", "web", "web-admin"]);
        assert_eq!(fitting("w"), ["web", "web-admin"]);
        assert_eq!(fitting("web:"), ["web:1", "web:dev"]);
        assert_eq!(fitting("web:d"), ["web:dev"]);
    }
}
