//! Builds an image.

use std::fs;
use std::path::{Path, PathBuf};

use sealift_docker::{BuildRequest, Built, Engine};
use sealift_filename::ArchiveName;

use crate::error::Error;
use crate::event::Event;
use crate::run::Run;

/// Builds an image as `docker build` does, and reports the events of the build.
///
/// A folder of archives that lies in the build's context should not become part of it: see
/// [`own_files`].
///
/// # Cancel safety
///
/// When the future is dropped, the request is broken off, and the engine ends the build.
///
/// # Panics
///
/// Outside of a tokio runtime with I/O and time enabled.
///
/// # Panics
///
/// Outside of a tokio runtime with I/O and time enabled.
///
/// # Errors
///
/// If the build fails, with the engine's message.
pub async fn build(engine: &Engine, request: BuildRequest, run: &Run) -> Result<Built, Error> {
    let mut on_event = |event| run.report(Event::Build(event));
    run.wait_for(async { Ok(engine.build(request, &mut on_event).await?) }).await
}

/// Returns what a build should exclude from its context ([`BuildRequest::exclude`]) because it
/// belongs to the folder of archives in `dir`: without that, an image would contain the archives of
/// all builds before it.
///
/// That is the folder itself, or, if the folder is the context, each archive in it and sealift's
/// own files.
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
    fn own_files_are_the_folder_or_what_is_ours_in_the_context() {
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
