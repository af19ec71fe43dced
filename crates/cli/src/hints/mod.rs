//! Hints: the line after an error that states what to do.
//!
//! The errors of the libraries contain facts. The commands and options that fix them are in this
//! module.

pub(crate) mod command;
mod engine;
pub(crate) mod folder;
mod nearest;
mod place;
mod setting;

use sealift_workflow::archive::{Fault, FaultKind};
use sealift_workflow::catalog::SelectError;
use sealift_workflow::signature::VerifyErrorKind;
use sealift_workflow::{Error, TrustError};

use crate::format;

pub(crate) use setting::hint as setting;

/// Returns the message of an error, which for some errors ends with the option to pass.
pub(crate) fn message(error: &Error) -> String {
    let advice = match error {
        Error::NoName { .. } => "; pass --name IMAGE:VERSION",
        Error::SeveralNames { allows_every: true, .. } => {
            "; choose one with --name, or add it under each with --every"
        }
        Error::SeveralNames { allows_every: false, .. } => "; choose one with --name",
        _ => "",
    };
    format!("{error}{advice}")
}

/// Returns the hint for an error, if there is one.
pub(crate) fn hint(error: &Error) -> Option<String> {
    match error {
        Error::ImageNotFound { image, tags, .. } if tags.is_empty() => {
            Some(format!("build it first: sealift build {image} PATH"))
        }
        Error::ImageNotFound { image, tags, .. } => Some(format!(
            "available: {}; build it first: sealift build {image} PATH",
            format::enumeration(tags)
        )),
        Error::SaveDamaged { image, .. } => Some(format!(
            "try again; if it fails again, run `docker image inspect {image}` to see whether the \
             engine still has every layer"
        )),
        Error::NotCleaned { .. } => {
            Some("load the new archive to check that it works, then run the update with --clean again".to_owned())
        }
        Error::UnsupportedFormat { archive, .. } => {
            Some(format!("move {archive} away, or rename it with the extension of its format"))
        }
        Error::LastArchive { .. } => Some("pass --yes if that is intended".to_owned()),
        Error::Select(SelectError::Misnamed(misnamed)) => Some(folder::misnamed(&misnamed.archive)),
        Error::FolderUnreadable { .. } => Some(
            "make it readable, or name the images"
                .to_owned(),
        ),
        Error::Select(SelectError::NotFound(not_found)) => folder::not_found(not_found),
        Error::Select(SelectError::Ambiguous(_)) | Error::SeveralPlatforms { .. } => {
            Some("choose one with --platform".to_owned())
        }
        Error::Archive(error)
            if matches!(error.as_fault(), Some(Fault::SeveralPlatforms { .. })) =>
        {
            Some("choose one with --platform".to_owned())
        }
        Error::Archive(error)
            if matches!(error.as_fault(), Some(Fault::SeveralImages { .. })) =>
        {
            Some(
                "load it into an engine, then save the images that you need: \
                 sealift update IMAGE:VERSION…"
                    .to_owned(),
            )
        }
        Error::Archive(error)
            if error.as_fault().is_some_and(|f| f.kind() == FaultKind::Damaged) =>
        {
            Some("copy it again from its source, or save the image again".to_owned())
        }
        Error::Rebuilt { .. } => Some("give the new build another version".to_owned()),
        Error::NothingToPublish { .. } => {
            Some("pass --allow-empty to write an empty result".to_owned())
        }
        Error::NotArchived { source, .. } => folder::store(source),
        Error::NotExported { source, .. } => folder::target(source),
        Error::NotReplaced { .. } => {
            Some("move it away, or pass another folder with --to".to_owned())
        }
        #[cfg(feature = "serve")]
        Error::UnusableFile(error) if error.what == "the logins" => {
            Some("create it with htpasswd -B -c FILE USER".to_owned())
        }
        #[cfg(feature = "serve")]
        Error::Listen { .. } => Some("pass another address with --listen".to_owned()),
        Error::OtherContent { .. } => {
            Some("pass --replace if the archives there may be replaced".to_owned())
        }
        Error::PublishIntoStore { .. } => Some("publish to another folder".to_owned()),
        Error::ArchiveChanged { archive } => {
            Some(format!("run sealift verify to check {archive}"))
        }
        Error::ExportIntoStore { .. } => Some("pass another folder with --to".to_owned()),
        Error::NotInConfig { there, .. } if there.is_empty() => None,
        Error::NotInConfig { there, .. } => {
            let there: Vec<String> = there.iter().map(ToString::to_string).collect();
            Some(format!("available: {}", format::enumeration(&there)))
        }
        Error::NoConfig { place } => Some(place::no_config(place)),
        Error::OlderConfig { .. } => {
            Some("pass --allow-older if this roll-back is intended".to_owned())
        }
        Error::WouldBeUnsigned { .. } => Some(
            "pass --sign KEY, or pass --unsigned if readers no longer require a signature".to_owned(),
        ),
        Error::UnprovenEntries { .. } => Some(
            "pass --signed-by FILE with the signers of that config, or --sign-existing to sign the \
             entries unchanged"
                .to_owned(),
        ),
        Error::SignatureRefused { source, .. } if source.kind() == VerifyErrorKind::UnknownKey => {
            Some("pass --signed-by FILE with the signers that readers trust".to_owned())
        }
        Error::Trust(TrustError::NotListed { .. }) => Some(
            "it is not what was signed; get it from its publisher again"
                .to_owned(),
        ),
        Error::OtherKey { .. } => Some(
            "pass --signed-by FILE with the new key, if readers also trust it".to_owned(),
        ),
        Error::Store(error) => folder::store(error),
        Error::Engine(error) => engine::hint(error),
        _ => None,
    }
}
