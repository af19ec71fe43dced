//! The JSON of a report on several images.

use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};

use crate::error::Error;

/// Serialises an array: the images, then `{error}` for each file that could not be removed.
pub(crate) fn serialize<S: Serializer>(
    images: &[impl Serialize],
    removal_errors: &[Error],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct NotRemoved<'a> {
        error: &'a Error,
    }
    let mut list = serializer.serialize_seq(None)?;
    for image in images {
        list.serialize_element(image)?;
    }
    for error in removal_errors {
        list.serialize_element(&NotRemoved { error })?;
    }
    list.end()
}
