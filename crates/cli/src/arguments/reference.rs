//! Arguments that name an image.

use sealift_workflow::filename::Reference;

use crate::failure::Failure;
use crate::hints;

/// Parses `IMAGE[:VERSION]`.
pub(crate) fn reference(text: &str) -> Result<Reference, Failure> {
    Reference::parse(text)
        .map_err(|error| Failure::usage(error).with_hint(hints::folder::archive_name(text, "")))
}

/// Parses a list of `IMAGE[:VERSION]`.
pub(crate) fn references(texts: &[String]) -> Result<Vec<Reference>, Failure> {
    texts.iter().map(|text| reference(text)).collect()
}
