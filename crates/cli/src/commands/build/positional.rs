//! The names and the context of a build.

use std::path::{Path, PathBuf};

use sealift_workflow::filename::Reference;

use crate::arguments::reference::reference;
use crate::commands::build::arguments::BuildArguments;
use crate::failure::Failure;

/// The names of the image, and the build context.
pub(super) struct Positional {
    /// The names of the image. Messages use the first one.
    pub(super) images: Vec<Reference>,
    pub(super) path: PathBuf,
}

impl Positional {
    /// Parses `IMAGE[:VERSION] [PATH]`, or docker's form `-t IMAGE[:VERSION]… [PATH]`.
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
                        "`{name}` is a folder; also name the image: sealift build IMAGE:VERSION {name}"
                    )));
                }
                refuse_swapped(name, &path)?;
                images.push(read(name)?);
            }
            // The same name can be passed twice.
            Some(name) if read(name).is_ok_and(|image| images.contains(&image)) => {}
            Some(name) if arguments.path.is_none() => {
                return Err(missing(Path::new(name)));
            }
            Some(name) => {
                let tag = &arguments.tags[0];
                return Err(Failure::usage(format!(
                    "the image is named `{name}` and, with --tag, `{tag}`; pass one name, or --tag for each"
                )));
            }
        }
        if !path.exists() {
            return Err(missing(&path));
        }
        Ok(Self { images, path })
    }
}

fn missing(folder: &Path) -> Failure {
    Failure::usage(format!("the folder `{}` does not exist", folder.display()))
}

/// Returns an error if the first argument is a folder and the second one can only be an image.
fn refuse_swapped(name: &str, path: &Path) -> Result<(), Failure> {
    let image = path.to_string_lossy();
    if path.exists() || !Path::new(name).is_dir() || reference(&image).is_err() {
        return Ok(());
    }
    let message = format!("the folder `{image}` does not exist, but `{name}` does");
    Err(Failure::usage(message)
        .with_hint(format!("pass the image first: sealift build {image} {name}")))
}

/// Returns `true` if the argument in the position of the name is a folder, as in
/// `docker build FOLDER`, and cannot be the name of an image that is built from the current folder.
fn is_meant_as_path(name: &str, arguments: &BuildArguments) -> bool {
    let has_dockerfile = ["Dockerfile", "dockerfile"].iter().any(|file| Path::new(file).exists());
    arguments.path.is_none()
        && Path::new(name).is_dir()
        && (reference(name).is_err() || (arguments.file.is_none() && !has_dockerfile))
}
