//! A file read once, to tell what it is before anything is done with it.

use std::path::Path;

use sealift_archive::{Container, Contents, PlainReader, Verifier, VerifyOptions};

use crate::error::Error;
use crate::event::Work;
use crate::pump::Pump;
use crate::run::Run;

/// What a file turned out to be.
pub(crate) struct ProvenFile {
    pub(crate) contents: Contents,
    pub(crate) container: Container,
    /// The name of the member, if it is a zip.
    pub(crate) member_name: Option<String>,
}

/// Reads a file to its end and verifies that it holds a whole image.
pub(crate) fn prove(
    path: &Path,
    options: VerifyOptions,
    label: &str,
    run: &Run,
) -> Result<ProvenFile, Error> {
    let fault = |source| sealift_archive::Error::Fault { input: path.into(), source };
    let mut pump = Pump::start(PlainReader::open(path)?, label, Work::Reading, run);
    let mut verifier = Verifier::new(options);
    while let Some(bytes) = pump.next()? {
        if let Err(fault) = verifier.push(&bytes) {
            return Err(pump.source.explain(fault).into());
        }
    }
    let contents = verifier.finish().map_err(fault)?;
    let member_name = pump.source.member_name().map(str::to_owned);
    Ok(ProvenFile { contents, container: pump.source.container(), member_name })
}
