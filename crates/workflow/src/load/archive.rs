//! An archive on its way into an engine.

use std::path::PathBuf;

use sealift_archive::{Contents, Naming, Renamer, VerifyOptions};
use sealift_filename::Reference;

use crate::error::Error;
use crate::reading::verify_file;
use crate::run::Run;

/// An archive for an engine.
pub(crate) struct Archive {
    /// Where its bytes are.
    pub(crate) path: PathBuf,
    /// What it is called in messages.
    pub(crate) shown: String,
    /// The name that the engine is to have it under.
    pub(crate) naming: Naming,
    pub(crate) reference: Reference,
    /// Which image of the archive is meant.
    pub(crate) verify: VerifyOptions,
    /// What an earlier pass over the archive proved.
    pub(crate) contents: Option<Contents>,
}

impl Archive {
    /// Returns what is proven of the archive; it is read if no earlier pass did.
    pub(crate) async fn contents(&self, run: &Run) -> Result<Contents, Error> {
        if let Some(contents) = &self.contents {
            return Ok(contents.clone());
        }
        let (path, label, verify) = (self.path.clone(), self.shown.clone(), self.verify.clone());
        Ok(run.blocking(move |run| verify_file(&path, verify, &label, run)).await?.contents)
    }

    /// Creates what writes the archive's name into it on the way. With the registry, so that Podman makes no second tag
    /// below `localhost/`.
    pub(crate) fn renamer(&self) -> Renamer {
        let renamer = Renamer::new(self.naming.clone().qualified(), self.verify.clone());
        match &self.contents {
            Some(contents) => renamer.only(contents),
            None => renamer,
        }
    }
}
