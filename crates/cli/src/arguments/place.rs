//! Arguments that name a place which archives are published to.

use sealift_workflow::PublishedPlace;
use sealift_workflow::remote::{Location, Remote};

use crate::failure::Failure;

/// Opens a place. Nothing is requested of it yet.
pub(crate) fn open(text: &str) -> Result<PublishedPlace, Failure> {
    let location: Location = text.parse().map_err(Failure::usage)?;
    let (location, config) = PublishedPlace::split(&location);
    Ok(PublishedPlace::new(Remote::open(&location)?, config))
}
