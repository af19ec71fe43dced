//! Arguments that name a place with published archives.

#[cfg(feature = "remote")]
use std::path::Path;

#[cfg(feature = "remote")]
use sealift_workflow::PublishedPlace;
#[cfg(feature = "remote")]
use sealift_workflow::remote::{Location, Remote};

#[cfg(feature = "remote")]
use crate::exit_code::ExitCode;
#[cfg(feature = "remote")]
use crate::failure::Failure;

/// Splits arguments into a published place, if the first one is a place, and images.
///
/// A place contains `://`, or begins with `/` or `.`. The name of an image cannot.
pub(crate) fn split(arguments: &[String]) -> (Option<&str>, &[String]) {
    match arguments {
        [first, images @ ..] if is_place(first) => (Some(first), images),
        images => (None, images),
    }
}

fn is_place(text: &str) -> bool {
    text.contains("://") || text.starts_with(['/', '.'])
}

/// Adds the hint to a failure of a command whose first argument was not found as an image, if it
/// is the path of an existing folder.
#[cfg(feature = "remote")]
pub(crate) fn with_hint(failure: Failure, arguments: &[String]) -> Failure {
    let path = arguments.first().filter(|path| Path::new(path).is_dir());
    match path.filter(|_| failure.code() == ExitCode::NOT_FOUND) {
        Some(path) => failure.with_hint(format!(
            "`{path}` is a folder; pass ./{path} if archives were published into it, or --dir {path} if it \
             is a folder of archives"
        )),
        None => failure,
    }
}

/// Opens a place without connecting to it.
#[cfg(feature = "remote")]
pub(crate) fn open(text: &str) -> Result<PublishedPlace, Failure> {
    let location: Location = text.parse().map_err(Failure::usage)?;
    let (location, config) = PublishedPlace::split(&location);
    Ok(PublishedPlace::new(Remote::open(&location)?, config))
}

#[cfg(test)]
mod tests {
    use sealift_workflow::filename::Reference;

    use super::is_place;

    #[test]
    fn no_argument_is_both_a_place_and_an_image() {
        for place in ["s3://b/p", "https://h/images/", "/srv", "./a", "../a", ".", "file:///a"] {
            assert!(is_place(place) && Reference::parse(place).is_err(), "{place}");
        }
        for image in ["web", "web:1.0", "team/web:1", "localhost:5000/web:1", "h.example/web"] {
            assert!(!is_place(image) && Reference::parse(image).is_ok(), "{image}");
        }
    }
}
