//! Publication of archives to a bucket, a web server or a folder.

mod inspect;
mod last_sequence;
mod local;
mod merge;
pub(crate) mod options;
mod removal;
pub(crate) mod report;
mod signing;
mod sums;
mod upload;
mod write;

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use sealift_catalog::Keep;
use sealift_oci::Digest;
use sealift_remote::{Entry, ErrorKind};
use sealift_store::Store;

use crate::config::image_config::Config;
use crate::error::Error;
use crate::publish::inspect::{Presence, inspect};
use crate::publish::local::{LocalArchive, local_archives};
use crate::publish::merge::{NewConfig, new_config};
use crate::publish::options::PublishOptions;
use crate::publish::removal::removals;
use crate::publish::report::{
    PublishAction, PublishReport, PublishedArchive, RemovedObject, WrittenConfig,
};
use crate::publish::signing::{SignatureDecision, Signing};
use crate::publish::sums::IndexSums;
use crate::publish::upload::{upload_archive, upload_blocks};
use crate::publish::write::{ASKED, Written, remove_signatures, write_config, write_sums};
use crate::published::place::{PublishedPlace, ReadConfig};
use crate::real_path::real_path;
use crate::run::Run;

/// Publishes the latest archive of every image, or of the selected images.
///
/// The order of the steps keeps the destination consistent for readers: archives are uploaded
/// first, each followed by its block index; then the config that lists them and its checksums are
/// written; finally old archives are removed. A reader finds either the old config with the old
/// archives, or the new config with the new ones, even if the publication is interrupted. Entries
/// of other images in the config are kept. If another publisher changes the config at the same
/// time, both changes are merged.
///
/// Archives that the destination has with the same SHA-256 are not uploaded again. `on_archive`
/// receives each archive as soon as the destination has it.
///
/// If there is a key, the config is signed before anything is uploaded, so that a password is asked
/// for at the beginning. If another publisher changes the config in the meantime, it is signed
/// again.
///
/// # Cancel safety
///
/// If the future is dropped, the destination has the old config or the new one. Archives that are
/// not in a config may have been uploaded. The same applies to a cancellation.
///
/// # Panics
///
/// Panics outside of a tokio runtime with I/O and time enabled.
///
/// # Errors
///
/// Returns an error if the folder cannot be read or contains no archive to publish; if an archive
/// is damaged, or an image has archives for several platforms and none is chosen; if the
/// destination cannot be read or written; if it has an archive with the same name and other
/// content, and [`PublishOptions::replace`] is not set; if the config cannot be signed, or would
/// replace a signed one and [`PublishOptions::unsigned`] is not set. Errors of removals are in the
/// report.
pub async fn publish(
    store: &Store,
    place: &PublishedPlace,
    options: &PublishOptions,
    on_archive: impl Fn(&PublishedArchive) + Send + Sync,
    run: &Run,
) -> Result<PublishReport, Error> {
    let last_sequence = last_sequence::recall(store, place);
    let mut signing = Signing::new(place, options, last_sequence, run);
    let plan = plan(store, place, options, &signing, run).await?;
    let work = async {
        let config = plan.config();
        signing.carry_out(&plan.decision, &plan.new).await?;
        let archives = carry_out(store, place, &plan, options, &on_archive, run).await?;
        let written = write_config(place, &config, &mut signing).await?;
        let (keeper, sequence) = ((store.clone(), place.clone()), written.config.sequence);
        run.blocking(move |_| {
            last_sequence::remember(&keeper.0, &keeper.1, sequence);
            Ok(())
        })
        .await?;
        write_sums(place, &written, index_sums(store, &plan, run)).await?;
        if options.unsigned {
            remove_signatures(place).await?;
        }
        let (removed, removal_errors) = match options.delete {
            Some(keep) => remove(place, &plan, &written, keep, options).await,
            None => (Vec::new(), Vec::new()),
        };
        let config = WrittenConfig {
            location: place.shown_config(),
            sequence: written.config.sequence,
            changed: written.changed,
            signed: written.signature.as_ref().is_some_and(|signature| signature.is_new),
            signed_by: written.signature.map(|signature| signature.signer),
        };
        Ok(PublishReport { archives, config, removed, removal_errors, is_planned: false })
    };
    let result = run.wait_for(work).await;
    // A multipart upload that was abandoned is aborted; otherwise its parts would stay in the
    // bucket.
    place.remote().settle().await;
    result
}

/// Returns what [`publish`] would do. Only records are written.
///
/// # Cancel safety
///
/// If the future is dropped, reading stops soon after.
///
/// # Panics
///
/// Panics outside of a tokio runtime with I/O and time enabled.
///
/// # Errors
///
/// Returns the errors of [`publish`].
pub async fn plan_publish(
    store: &Store,
    place: &PublishedPlace,
    options: &PublishOptions,
    run: &Run,
) -> Result<PublishReport, Error> {
    let signing = Signing::new(place, options, last_sequence::recall(store, place), run);
    let plan = plan(store, place, options, &signing, run).await?;
    let NewConfig { config, changed, .. } = &plan.new;
    let described = |planned: &Planned| planned.described(store, true);
    let removed = options.delete.map_or_else(Vec::new, |keep| {
        let before = plan.there.as_ref().filter(|_| *changed).map(ReadConfig::sha256);
        let removed =
            removals(&plan.listed, &config.images, &plan.images(), keep, before.as_slice());
        removed.iter().map(removed_object).collect()
    });
    let signed_by = match &plan.decision {
        SignatureDecision::Signed(signature) => Some(signature.signer.clone()),
        _ => None,
    };
    let config = WrittenConfig {
        location: place.shown_config(),
        sequence: config.sequence,
        changed: *changed,
        signed: matches!(plan.decision, SignatureDecision::Sign),
        signed_by,
    };
    Ok(PublishReport {
        archives: plan.archives.iter().map(described).collect(),
        config,
        removed,
        removal_errors: Vec::new(),
        is_planned: true,
    })
}

/// The steps of a publication, decided before anything is changed.
struct PublishPlan {
    archives: Vec<Planned>,
    /// The existing config at the destination.
    there: Option<ReadConfig>,
    /// The new config, unless another publisher changes the existing one.
    new: NewConfig,
    decision: SignatureDecision,
    /// The objects at the destination. Empty if nothing is removed.
    listed: Vec<Entry>,
}

/// An archive and the action for it.
#[derive(Clone)]
struct Planned {
    local: LocalArchive,
    action: PublishAction,
    /// Whether to upload the block index, if the archive has one.
    uploads_blocks: bool,
}

impl PublishPlan {
    /// Returns the config entries of the published images.
    fn config(&self) -> Config {
        config_of(&self.archives)
    }

    fn images(&self) -> BTreeSet<&str> {
        self.archives.iter().map(|planned| planned.local.image.as_str()).collect()
    }
}

fn config_of(archives: &[Planned]) -> Config {
    let entry = |planned: &Planned| (planned.local.image.clone(), planned.local.entry.clone());
    archives.iter().map(entry).collect()
}

impl Planned {
    fn described(&self, store: &Store, is_planned: bool) -> PublishedArchive {
        let LocalArchive { image, entry, .. } = &self.local;
        PublishedArchive {
            image: image.clone(),
            version: entry.version.clone(),
            tag: entry.tag.clone(),
            id: entry.id,
            digest: entry.digest,
            platform: entry.platform.clone(),
            from: store.path_of(&entry.path),
            archive: entry.path.clone(),
            url: entry.url.clone(),
            size: entry.size,
            sha256: entry.sha256,
            action: self.action,
            is_planned,
        }
    }
}

/// Examines the destination and decides what to do.
async fn plan(
    store: &Store,
    place: &PublishedPlace,
    options: &PublishOptions,
    signing: &Signing<'_>,
    run: &Run,
) -> Result<PublishPlan, Error> {
    let location = place.remote().location();
    if let Some(folder) = location.as_path()
        && real_path(folder).starts_with(real_path(store.root()))
    {
        return Err(Error::PublishIntoStore { folder: folder.to_owned() });
    }
    let locals = local_archives(store, location, options, run).await?;
    run.wait_for(async {
        let there = place.read_config().await?;
        let listed = match options.delete {
            Some(_) => match place.remote().list().await {
                // The first publication creates the destination: there is nothing to remove.
                Err(error) if there.is_none() && error.kind() == ErrorKind::NotFound => Vec::new(),
                listed => listed?,
            },
            None => Vec::new(),
        };
        // Archives in the config are also checked, because they may have been removed.
        let found: Vec<(LocalArchive, Presence)> = stream::iter(locals)
            .map(|local| {
                let named =
                    there.as_ref().and_then(|there| there.config.images.get(&local.image).cloned());
                async move {
                    let presence = inspect(place, store, &local, named.as_ref(), run).await?;
                    Ok::<_, Error>((local, presence))
                }
            })
            .buffered(ASKED)
            .try_collect()
            .await?;
        let archives = decide(found, place, options.replace)?;
        let published = config_of(&archives);
        let refused = |source| Error::NotAConfig { place: place.shown_config(), source };
        let new = new_config(there.as_ref(), &published, signing.last_sequence).map_err(refused)?;
        let decision = signing.decide(there.as_ref(), &new, &published).await?;
        Ok(PublishPlan { archives, there, new, decision, listed })
    })
    .await
}

/// Decides the action for each archive. The error lists all archives with other content at the
/// destination.
fn decide(
    found: Vec<(LocalArchive, Presence)>,
    place: &PublishedPlace,
    replace: bool,
) -> Result<Vec<Planned>, Error> {
    let (mut archives, mut other) = (Vec::new(), Vec::new());
    for (local, presence) in found {
        let (action, uploads_blocks) = match presence {
            Presence::Same { blocks } => (PublishAction::Keep, !blocks),
            Presence::Absent | Presence::Broken => (PublishAction::Publish, true),
            Presence::Other(_) if replace => (PublishAction::Replace, true),
            Presence::Other(reason) => {
                other.push((place.remote().location().shown(&local.key), reason));
                continue;
            }
        };
        archives.push(Planned { local, action, uploads_blocks });
    }
    match other.is_empty() {
        true => Ok(archives),
        false => Err(Error::OtherContent { archives: other }),
    }
}

/// Uploads missing archives and block indexes.
async fn carry_out(
    store: &Store,
    place: &PublishedPlace,
    plan: &PublishPlan,
    options: &PublishOptions,
    on_archive: &(impl Fn(&PublishedArchive) + Send + Sync),
    run: &Run,
) -> Result<Vec<PublishedArchive>, Error> {
    let is_uploaded = |planned: &&Planned| planned.action != PublishAction::Keep;
    let names = plan.archives.iter().filter(is_uploaded);
    let waiting = &run.waiting(names.map(|planned| planned.local.entry.tag.clone()));
    stream::iter(plan.archives.clone())
        .map(|planned| async move {
            waiting.end(&planned.local.entry.tag);
            if planned.action != PublishAction::Keep {
                upload_archive(place, store, &planned.local, run).await?;
            }
            if planned.uploads_blocks {
                let (store, local) = (store.clone(), planned.local.clone());
                let blocks = run.blocking(move |run| local.blocks(&store, run)).await?;
                if let Some(blocks) = blocks {
                    upload_blocks(place, &planned.local, blocks).await?;
                }
            }
            let published = planned.described(store, false);
            on_archive(&published);
            Ok(published)
        })
        .buffered(options.jobs.get())
        .try_collect()
        .await
}

/// Returns the SHA-256 of the block index of each archive.
async fn index_sums(store: &Store, plan: &PublishPlan, run: &Run) -> Result<IndexSums, Error> {
    let store = store.clone();
    let locals: Vec<LocalArchive> =
        plan.archives.iter().map(|planned| planned.local.clone()).collect();
    run.blocking(move |run| {
        let mut sums = IndexSums::new();
        for local in locals {
            let blocks = local.blocks(&store, run)?;
            sums.insert(local.entry.path, blocks.map(|blocks| Digest::of(blocks.as_bytes())));
        }
        Ok(sums)
    })
    .await
}

/// Removes objects that the current config does not list.
async fn remove(
    place: &PublishedPlace,
    plan: &PublishPlan,
    written: &Written,
    keep: Keep,
    options: &PublishOptions,
) -> (Vec<RemovedObject>, Vec<Error>) {
    // The config is read again, because another publisher may have added some of the archives.
    let now = match place.read_existing_config().await {
        Ok(now) => now,
        Err(error) => return (Vec::new(), vec![error]),
    };
    let configs = written.before.map(|before| [before, written.sha256, now.sha256()]);
    let configs = configs.as_ref().map_or(&[][..], |configs| configs);
    let planned = removals(&plan.listed, &now.config.images, &plan.images(), keep, configs);
    let results: Vec<_> = stream::iter(planned)
        .map(|object| async move {
            let removed = place.remote().remove(&object.key).await?;
            Ok::<_, Error>(removed.then(|| removed_object(&object)))
        })
        .buffered(options.jobs.get())
        .collect()
        .await;
    let (mut removed, mut errors) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(object) => removed.extend(object),
            Err(error) => errors.push(error),
        }
    }
    (removed, errors)
}

fn removed_object(object: &Entry) -> RemovedObject {
    RemovedObject { path: object.key.to_string(), size: object.size }
}
