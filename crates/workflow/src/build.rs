//! Building of images.

use std::fs;
use std::path::{Path, PathBuf};

use sealift_docker::{BuildRequest, Built, Engine};
use sealift_filename::ArchiveName;

use crate::error::Error;
use crate::event::Event;
use crate::run::Run;

/// Builds an image like `docker build`, and reports the events of the build.
///
/// If the build context contains the folder of archives, exclude it: see [`own_files`].
///
/// # Cancel safety
///
/// If the future is dropped, the request is aborted and the engine stops the build.
///
/// # Panics
///
/// Panics outside of a tokio runtime with I/O and time enabled.
///
/// # Errors
///
/// Returns an error if the build fails, with the engine's message.
pub async fn build(engine: &Engine, request: BuildRequest, run: &Run) -> Result<Built, Error> {
    let mut on_event = |event| run.report(Event::Build(event));
    run.wait_for(async { Ok(engine.build(request, &mut on_event).await?) }).await
}

/// Returns the paths that a build should exclude from its context ([`BuildRequest::exclude`])
/// because they belong to the folder of archives `dir`. Otherwise the image would contain the
/// archives of all earlier builds.
///
/// The result is the folder itself. If the folder is also the context, it is every archive in the
/// folder and sealift's own files.
pub fn own_files(dir: &Path, context: &Path) -> Vec<PathBuf> {
    let is_context = match (dir.canonicalize(), context.canonicalize()) {
        (Ok(dir), Ok(context)) => dir == context,
        _ => false,
    };
    if !is_context {
        return vec![dir.to_owned()];
    }
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let is_own = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with(".sealift") || name.parse::<ArchiveName>().is_ok()
    };
    entries.map(|entry| entry.path()).filter(is_own).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_files_are_the_folder_or_the_archives_in_the_context() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir_all(path(".sealift")).unwrap();
        for name in ["web_1_0123456789ab.zip", "Dockerfile", ".sealift-1.tmp"] {
            fs::write(path(name), "").unwrap();
        }
        let artifacts = path("artifacts");
        assert_eq!(own_files(&artifacts, folder.path()), [artifacts]);
        let mut own = own_files(folder.path(), &path("."));
        own.sort();
        assert_eq!(own, [".sealift", ".sealift-1.tmp", "web_1_0123456789ab.zip"].map(path));
    }
}
