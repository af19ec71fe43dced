//! The names and the context of a build.

use std::path::{Path, PathBuf};

use sealift_workflow::filename::Reference;

use crate::arguments::reference::reference;
use crate::commands::build::arguments::BuildArguments;
use crate::failure::Failure;

/// The image's names and the build context.
pub(super) struct Positional {
    /// The image's names; the first one is used in messages.
    pub(super) images: Vec<Reference>,
    pub(super) path: PathBuf,
}

impl Positional {
    /// Parses `IMAGE[:VERSION] [PATH]`, or `-t IMAGE[:VERSION]… [PATH]` as docker writes it.
    pub(super) fn read(arguments: &BuildArguments) -> Result<Self, Failure> {
        let read = |text: &str| {
            let asked = reference(text)?;
            let version = asked.version_or_latest();
            Reference::new(asked.repository().clone(), Some(version)).map_err(Failure::usage)
        };
        let mut images: Vec<Reference> = Vec::new();
        for tag in &arguments.tags {
            let image = read(tag)?;
            if !images.contains(&image) {
                images.push(image);
            }
        }
        let here = || PathBuf::from(".");
        let (name, path) = match (&arguments.image, &arguments.path) {
            (Some(only), None) if !images.is_empty() && Path::new(only).exists() => {
                (None, PathBuf::from(only))
            }
            (name, path) => (name.as_deref(), path.clone().unwrap_or_else(here)),
        };
        match name {
            None => {}
            Some(name) if images.is_empty() => {
                if is_meant_as_path(name, arguments) {
                    return Err(Failure::usage(format!(
                        "`{name}` is a folder; name the image too: sealift build IMAGE:VERSION {name}"
                    )));
                }
                images.push(read(name)?);
            }
            // The same name twice is no contradiction.
            Some(name) if read(name).is_ok_and(|image| images.contains(&image)) => {}
            Some(name) if arguments.path.is_none() => {
                return Err(Failure::usage(format!("there is no folder `{name}` to build from")));
            }
            Some(name) => {
                let tag = &arguments.tags[0];
                return Err(Failure::usage(format!(
                    "the image is called `{name}` and, by --tag, `{tag}`; pass one name, or --tag for each"
                )));
            }
        }
        Ok(Self { images, path })
    }
}

/// Returns `true` if the argument in the place of the name is a folder, as in
/// `docker build FOLDER`, and nothing could be built under that name.
fn is_meant_as_path(name: &str, arguments: &BuildArguments) -> bool {
    let has_dockerfile = ["Dockerfile", "dockerfile"].iter().any(|file| Path::new(file).exists());
    arguments.path.is_none()
        && Path::new(name).is_dir()
        && (reference(name).is_err() || (arguments.file.is_none() && !has_dockerfile))
}
