//! Completions of images and versions in the folder or the engine, and of docker CLI contexts.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::time::Duration;

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use sealift_workflow::docker::{Endpoint, Engine, Settings, Timeouts};
use sealift_workflow::filename::{Reference, Version};
use sealift_workflow::store::Store;

use crate::arguments::folder::FolderArguments;

/// The longest time to wait for an engine.
const LONGEST: Duration = Duration::from_millis(300);

/// Completes the images in the folder, and their versions after a colon.
pub(crate) fn references() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| candidates(typed))
}

/// Completes docker CLI contexts.
pub(crate) fn contexts() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let names = Settings::from_env().context_names().into_iter();
        let typed = typed.to_str().unwrap_or_default();
        names.filter(|name| name.starts_with(typed)).map(CompletionCandidate::new).collect()
    })
}

/// Completes the images in the engine, and their tags after a colon.
///
/// There are no candidates if the engine does not answer within [`LONGEST`], because the shell is
/// blocked until this returns.
pub(crate) fn engine_images() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let Some(typed) = typed.to_str() else { return Vec::new() };
        let names = engine_names().unwrap_or_default();
        let names = names.iter().filter_map(|name| {
            let reference = Reference::parse(name).ok()?;
            let tag = reference.version()?.to_tag().ok()?;
            Some((reference.repository().to_string(), tag.to_string()))
        });
        fitting(typed, names).into_iter().map(CompletionCandidate::new).collect()
    })
}

/// Returns the references of the images in the engine, or `None` if it does not answer in time.
fn engine_names() -> Option<Vec<String>> {
    let settings = Settings::from_env()
        .with_host(typed_option("--host"), "--host")
        .with_context(typed_option("--context"), "--context");
    let timeouts = Timeouts::resolve(&settings).ok()?;
    let engine = Engine::new(Endpoint::resolve(&settings).ok()?, timeouts);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let images = runtime.block_on(async { tokio::time::timeout(LONGEST, engine.list()).await });
    // Dropping the runtime would wait for a host name that is still being resolved.
    runtime.shutdown_background();
    let images = images.ok()?.ok()?;
    Some(images.into_iter().flat_map(|image| image.repo_tags).collect())
}

fn candidates(typed: &OsStr) -> Vec<CompletionCandidate> {
    let Some(typed) = typed.to_str() else { return Vec::new() };
    let folder = match typed_option("--dir") {
        Some(folder) => folder.into(),
        None => FolderArguments::default().dir_and_source().0,
    };
    let Ok(store) = Store::open(folder) else { return Vec::new() };
    let Ok(scan) = store.scan() else { return Vec::new() };
    let names = scan.archives.iter().filter_map(|archive| {
        let image = archive.repository()?.to_string();
        let version = Version::new(archive.name().version()).to_tag().ok()?;
        Some((image, version))
    });
    fitting(typed, names).into_iter().map(CompletionCandidate::new).collect()
}

/// Returns the value of another option in the command line that is being completed. clap passes
/// only the current word to a completer.
fn typed_option(option: &str) -> Option<String> {
    let words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    value_of(option, words.skip_while(|word| word != "--").skip(1))
}

/// Returns the last value of an option among words.
fn value_of(option: &str, words: impl Iterator<Item = String>) -> Option<String> {
    let (mut value, mut is_next) = (None, false);
    for word in words {
        if is_next {
            value = Some(word);
            is_next = false;
        } else if let Some(rest) = word.strip_prefix(option) {
            is_next = rest.is_empty();
            value = rest.strip_prefix('=').map(str::to_owned).or(value);
        }
    }
    value
}

/// Returns the images that begin with the typed text or, if it contains a colon, their versions.
fn fitting(typed: &str, names: impl Iterator<Item = (String, String)>) -> BTreeSet<String> {
    let is_version = typed.contains(':');
    names
        .map(|(image, version)| if is_version { format!("{image}:{version}") } else { image })
        .filter(|name| name.starts_with(typed))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{fitting, value_of};

    #[test]
    fn the_last_value_of_an_option_is_used() {
        let value = |words: &str| value_of("--dir", words.split(' ').map(str::to_owned));
        assert_eq!(value("list --dir a web"), Some("a".to_owned()));
        assert_eq!(value("--dir=a list --dir=b/c"), Some("b/c".to_owned()));
        assert_eq!(value("list --dirty --dir"), None);
    }

    #[test]
    fn versions_are_completed_after_a_colon() {
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
