//! What an update does for one image.

use sealift_archive::{Contents, Level, Renamer, VerifyOptions};
use sealift_docker::Engine;
use sealift_filename::{ArchiveFormat, ArchiveName, ArchivePath, ImageId, Reference};
use sealift_oci::Identity;
use sealift_store::{
    Action, Entry, KnownImage, PlanOptions, Proven, Settled, Snapshot, Staging, Store, Wanted,
    other_builds, reconcile,
};

use crate::engine_image::Inspected;
use crate::error::Error;
use crate::event::{Event, Work};
use crate::naming::naming;
use crate::receive::receive;
use crate::rewrite::compress;
use crate::run::Activity;
use crate::run::Run;
use crate::transcribe::{Broken, Packing, Transcript};
use crate::update::Updated;
use crate::update::clean_up::RemovedArchive;
use crate::update::rebuilt;

/// What came of one image.
pub(crate) struct Done {
    pub(crate) wanted: Wanted,
    pub(crate) identity: Identity,
    pub(crate) archive: ArchivePath,
    pub(crate) saved: bool,
    pub(crate) compressed: bool,
    pub(crate) size: u64,
    pub(crate) plain_size: u64,
    /// Whether the engine sent it without a `manifest.json`.
    pub(crate) lacked_manifest: bool,
    /// The other builds of the same release.
    pub(crate) replaces: Vec<ImageId>,
}

impl Done {
    /// Describes it, with what was removed of its image.
    pub(crate) fn into_updated(self, store: &Store, removed: &[RemovedArchive]) -> Updated {
        let name = self.archive.name();
        let is_mine = |archive: &RemovedArchive| {
            archive.archive.repository().as_ref() == Some(&self.wanted.repository)
        };
        Updated {
            image: self.wanted.repository.to_string(),
            version: self.wanted.version.to_string(),
            id: name.id(),
            format: name.format(),
            saved: self.saved,
            compressed: self.compressed,
            size: self.size,
            plain_size: self.plain_size,
            replaces: self.replaces,
            removed: removed.iter().filter(|archive| is_mine(archive)).cloned().collect(),
            digest: self.identity.config,
            path: store.path_of(&self.archive),
            archive: self.archive,
        }
    }
}

/// What carrying out an item needs.
pub(crate) struct Worker<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) store: &'a Store,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) options: &'a PlanOptions,
    pub(crate) level: Level,
    pub(crate) immutable: bool,
    pub(crate) run: &'a Run,
}

impl Worker<'_> {
    /// Carries out what is planned for an image.
    pub(crate) async fn carry_out(&self, image: Inspected, action: Action) -> Result<Done, Error> {
        if self.run.cancel().is_cancelled() {
            return Err(Error::Interrupted);
        }
        let reference = image.reference.clone();
        match action {
            Action::Keep { archive } => self.keep(image.wanted, archive),
            Action::Compress { from, to } => {
                let (_, known) = self.known(&from)?;
                let (published, proven) =
                    compress(self.store, &from, known, &to, self.level, &reference, self.run)
                        .await?;
                Ok(Done {
                    wanted: image.wanted,
                    plain_size: proven.plain_size,
                    identity: proven.identity,
                    archive: published.archive,
                    saved: false,
                    compressed: !published.was_there,
                    size: published.size,
                    lacked_manifest: false,
                    replaces: Vec::new(),
                })
            }
            Action::UnsupportedFormat { archive } => Err(unsupported(reference, archive)),
            Action::Save { .. } => {
                // What is not certain yet is decided once the save has told which build it is.
                self.check_immutable(
                    &image.wanted,
                    other_builds(self.snapshot, &image.wanted, None),
                )?;
                // It is large, and every future around it would be so too.
                Box::pin(self.save(image)).await
            }
        }
    }

    /// Returns what is known of an archive that the plan was made from.
    fn known(&self, archive: &ArchivePath) -> Result<(&Entry, &KnownImage), Error> {
        let entry = self.snapshot.entry(archive);
        entry.and_then(|entry| Some((entry, entry.image()?))).ok_or_else(|| Error::Usage {
            message: format!("{archive} is not known to hold an image"),
        })
    }

    /// Refuses other builds of the same release, if releases are immutable.
    fn check_immutable(&self, wanted: &Wanted, others: Vec<ImageId>) -> Result<(), Error> {
        match self.immutable && !others.is_empty() {
            true => Err(rebuilt(wanted, others, Some(self.store))),
            false => Ok(()),
        }
    }

    fn keep(&self, wanted: Wanted, archive: ArchivePath) -> Result<Done, Error> {
        let (entry, known) = self.known(&archive)?;
        Ok(Done {
            wanted,
            identity: known.identity.clone(),
            archive,
            saved: false,
            compressed: false,
            size: entry.stat.size,
            plain_size: known.plain_size,
            lacked_manifest: false,
            replaces: Vec::new(),
        })
    }

    /// Saves an image; once more where its tag was moved meanwhile.
    async fn save(&self, first: Inspected) -> Result<Done, Error> {
        let mut image = first;
        for _ in 0..2 {
            let (store, repository) = (self.store.clone(), image.wanted.repository.clone());
            let staging = self.run.blocking(move |_| Ok(store.stage(Some(&repository))?)).await?;
            let activity = self.run.activity(&image.reference, Work::Saving, None);
            let received = Box::pin(self.receive(&image, staging, &activity)).await;
            if let Err(error @ (Error::Interrupted | Error::Store(_))) = received {
                return Err(error);
            }
            let now = match self.ask_again(&image).await {
                Ok(now) => now,
                // An engine that is gone now has broken the save off before: that says more.
                Err(error) => return Err(received.err().unwrap_or(error)),
            };
            if now.engine_id == image.engine_id {
                let Transcript { staging, contents, proven } = received?;
                if !image.is(&contents) {
                    return Err(Error::OtherImage {
                        expected: short(&image.engine_id),
                        found: contents.identity().config.short(),
                        image: image.reference,
                        folder: self.store.root().to_owned(),
                    });
                }
                return self.settle(image, staging, proven, contents.lacked_manifest()).await;
            }
            self.run.report(Event::TagMoved { image: image.reference.clone() });
            image = now;
        }
        Err(Error::TagMoved { image: image.reference })
    }

    async fn ask_again(&self, image: &Inspected) -> Result<Inspected, Error> {
        let version = Some(image.wanted.version.clone());
        let reference = Reference::new(image.wanted.repository.clone(), version)
            .map_err(|error| Error::Usage { message: error.to_string() })?;
        let asked = Inspected::ask(self.engine, &reference, image.asked.as_ref());
        self.run.wait_for(asked).await
    }

    async fn receive(
        &self,
        image: &Inspected,
        staging: Staging,
        activity: &Activity,
    ) -> Result<Transcript, Error> {
        let reference = &image.reference;
        let save = Box::pin(self.engine.save(reference, image.save_platform.as_ref()));
        let stream = self.run.wait_for(async { Ok(save.await?) }).await?;
        let (packing, wanted) = (self.packing(&image.wanted)?, image.wanted.clone());
        let rename = move |contents: &Contents| {
            member_name(&wanted, &contents.identity().config.short()).ok()
        };
        let renamer = Renamer::new(naming(&image.wanted)?, VerifyOptions::default());
        let received = receive(stream, staging, packing, renamer, rename, activity, self.run).await;
        received.map_err(|broken| match broken {
            Broken::Other(error) => *error,
            Broken::Fault(fault) => Error::SaveDamaged {
                image: reference.clone(),
                folder: self.store.root().to_owned(),
                source: Box::new(fault),
            },
        })
    }

    fn packing(&self, wanted: &Wanted) -> Result<Packing, Error> {
        if !self.options.compress {
            return Ok(Packing::Plain);
        }
        let id = wanted.id().map_or_else(|| "000000000000".to_owned(), |id| id.to_string());
        Ok(Packing::Zip { member_name: member_name(wanted, &id)?, level: self.level })
    }

    /// Publishes a save, unless the image was there after all.
    async fn settle(
        &self,
        image: Inspected,
        staging: Staging,
        proven: Proven,
        lacked_manifest: bool,
    ) -> Result<Done, Error> {
        let settled = reconcile(self.snapshot, &image.wanted, &proven.identity, self.options)
            .map_err(|error| Error::Usage { message: error.to_string() })?;
        let (identity, plain_size) = (proven.identity.clone(), proven.plain_size);
        match settled {
            Settled::Publish { archive } => {
                let replaces = other_builds(self.snapshot, &image.wanted, Some(&identity));
                self.check_immutable(&image.wanted, replaces.clone())?;
                let published =
                    self.run.blocking(move |_| Ok(staging.publish(&archive, proven)?)).await?;
                Ok(Done {
                    wanted: image.wanted,
                    identity,
                    archive: published.archive,
                    saved: !published.was_there,
                    compressed: self.options.compress && !published.was_there,
                    size: published.size,
                    plain_size,
                    lacked_manifest,
                    replaces,
                })
            }
            Settled::AlreadyThere { archive } => self.keep(image.wanted, archive),
            Settled::UnsupportedFormat { archive } => Err(unsupported(image.reference, archive)),
        }
    }
}

fn member_name(wanted: &Wanted, id: &str) -> Result<String, Error> {
    let usage = |error: String| Error::Usage { message: error };
    let id: ImageId = id.parse().map_err(|error| usage(format!("{error}")))?;
    let name = ArchiveName::new(wanted.repository.image(), &wanted.version, id, ArchiveFormat::Zip)
        .map_err(|error| usage(error.to_string()))?;
    Ok(name.member_name())
}

fn unsupported(image: String, archive: ArchivePath) -> Error {
    Error::UnsupportedFormat { image, archive }
}

fn short(id: &str) -> String {
    ImageId::from_digest(id).map_or_else(|| id.to_owned(), |id| id.to_string())
}
