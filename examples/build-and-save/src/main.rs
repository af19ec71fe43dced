//! Builds an image and saves it to a file: `build-and-save IMAGE:VERSION CONTEXT FILE`.
//!
//! The file is not verified; the crate `sealift-archive` does that.

use anyhow::{Result, bail};
use sealift_docker::{BuildEvent, BuildRequest, Engine, Settings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [tag, context, file] = arguments.as_slice() else {
        bail!("usage: build-and-save IMAGE:VERSION CONTEXT FILE");
    };
    // The engine that the docker CLI would use. This call does not connect to it yet.
    let engine = Engine::resolve(&Settings::from_env())?;

    let request = BuildRequest::new(context, tag);
    let mut report = |event| {
        if let BuildEvent::Step { number, total, text } = event {
            println!("{number}/{total} {text}");
        }
    };
    let built = engine.build(request, &mut report).await?;
    println!("built {}", built.id);
    let bytes = engine.save_to(tag, None, file).await?;
    println!("saved {file} ({bytes} bytes)");
    Ok(())
}
