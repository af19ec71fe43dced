//! Loads the latest release of every image in a folder into the engine, for its platform:
//! `edge-loader FOLDER`. Ctrl-C stops it.

use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, Result};
use sealift_workflow::catalog::LatestOptions;
use sealift_workflow::docker::{Engine, Settings};
use sealift_workflow::store::Store;
use sealift_workflow::{Cancel, Event, LoadRequest, Run, Selection, load};

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let folder = std::env::args_os().nth(1).context("usage: edge-loader FOLDER")?;
    let engine = Engine::resolve(&Settings::from_env())?;
    let platform = engine.version().await?.platform();
    let store = Store::open(folder)?;

    let cancel = Cancel::new();
    let interrupt = cancel.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            interrupt.cancel();
        }
    });
    let progress = Mutex::new(Progress::default());
    let reporter = move |event| {
        if let Ok(mut progress) = progress.lock()
            && let Some(line) = progress.line(event)
        {
            eprintln!("{line}");
        }
    };
    let run = Run::new(Arc::new(reporter), cancel);

    // An engine would load an archive for another platform without an error, but could not run it.
    let options = LatestOptions::default().with_release(true).with_platform(platform);
    let mut code = ExitCode::SUCCESS;
    let request = LoadRequest::default().with_folder((store, Selection::Latest(options)));
    for load in load(&[engine], &request, |_| {}, &run).await? {
        match load.result {
            Ok(image) if image.loaded => println!("{} loaded", image.tag),
            Ok(image) => println!("{} unchanged", image.tag),
            Err(error) => {
                eprintln!("{}: {:#}", load.asked.unwrap_or_default(), anyhow::Error::new(error));
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}

/// The progress of the image that is being loaded. Images are loaded one after the other.
#[derive(Default)]
struct Progress {
    done: u64,
    total: Option<u64>,
    tenths: u64,
}

impl Progress {
    /// Counts an event. Returns a line when a load begins, and for every tenth of it.
    fn line(&mut self, event: Event) -> Option<String> {
        match event {
            Event::Started { image, bytes, .. } => {
                *self = Self { total: bytes, ..Self::default() };
                Some(format!("{image} loading"))
            }
            Event::Progress { image, bytes } => {
                self.done += bytes;
                let tenths = self.done * 10 / self.total.filter(|total| *total > 0)?;
                (tenths > std::mem::replace(&mut self.tenths, tenths))
                    .then(|| format!("{image} {} %", tenths * 10))
            }
            Event::PassedOver(archive) => Some(archive.to_string()),
            _ => None,
        }
    }
}
