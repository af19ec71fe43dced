//! The JSON form of a report about several images.

use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};

use crate::error::Error;

/// Serializes an array of the images, followed by `{error}` for each failed removal.
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
