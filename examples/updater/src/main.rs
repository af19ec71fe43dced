//! Keeps a folder of archives in step with an engine, until it is interrupted: `updater FOLDER
//! IMAGE:VERSION…`.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use sealift_workflow::docker::{Engine, Settings};
use sealift_workflow::{Cancel, Error, Run, Silent, UpdateOptions, filename, store, update};

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().context("usage: updater FOLDER IMAGE:VERSION…")?;
    let images: Vec<_> =
        arguments.map(|image| filename::Reference::parse(&image)).collect::<Result<_, _>>()?;
    let engine = Engine::resolve(&Settings::from_env())?;
    let folder = store::Store::create(folder)?;
    let options = UpdateOptions::default().with_compress(true).with_clean(true);

    let cancel = Cancel::new();
    let interrupt = cancel.clone();
    tokio::spawn(async move {
        let _ = tokio::signal::ctrl_c().await;
        interrupt.cancel();
    });
    let run = Run::new(Arc::new(Silent), cancel.clone());
    while !cancel.is_cancelled() {
        // For an image that is in the folder already, this only sends one request to the engine.
        let images = match update(&engine, &folder, &images, &options, |_| {}, &run).await {
            Ok(report) => report.images.into_iter().map(|image| image.result).collect(),
            Err(error) => vec![Err(error)],
        };
        for image in images {
            match image {
                Ok(now) if now.saved => println!("{}", now.file.path.display()),
                Ok(_) | Err(Error::Interrupted) => {}
                // The error may be temporary, so the loop continues.
                Err(error) => eprintln!("{:#}", anyhow::Error::new(error)),
            }
        }
        let _ = tokio::time::timeout(Duration::from_secs(60), cancel.cancelled()).await;
    }
    Ok(())
}
