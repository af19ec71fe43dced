//! Builds an image, and saves it into a file: `build-and-save IMAGE:VERSION CONTEXT FILE`.
//!
//! The file appears under its name once the engine has said that this was all.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use sealift_docker::{BuildEvent, BuildRequest, Endpoint, Engine, Settings, Timeouts};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [tag, context, file] = arguments.as_slice() else {
        bail!("usage: build-and-save IMAGE:VERSION CONTEXT FILE");
    };
    // The same engine that the docker CLI would take, and nobody is asked yet.
    let settings = Settings::from_env();
    let engine = Engine::new(Endpoint::resolve(&settings)?, Timeouts::resolve(&settings)?);

    let request = BuildRequest::new(context, tag);
    let mut tell = |event| {
        if let BuildEvent::Step { number, total, text } = event {
            println!("{number}/{total} {text}");
        }
    };
    let built = engine.build(request, &mut tell).await?;
    println!("built {}", built.id);
    let bytes = save(&engine, tag, Path::new(file)).await?;
    println!("saved {file} ({bytes} bytes)");
    Ok(())
}

/// Streams an image into a file beside the one it is for, which is replaced at the end.
async fn save(engine: &Engine, tag: &str, file: &Path) -> Result<usize> {
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut unfinished = tempfile::NamedTempFile::new_in(folder)
        .with_context(|| format!("cannot write in {}", folder.display()))?;
    let mut archive = engine.save(tag, None).await?;
    let mut bytes = 0;
    while let Some(chunk) = archive.next_chunk().await? {
        unfinished.write_all(&chunk)?;
        bytes += chunk.len();
    }
    unfinished.as_file().sync_all()?;
    unfinished.persist(file)?;
    Ok(bytes)
}
