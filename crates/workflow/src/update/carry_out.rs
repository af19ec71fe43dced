//! The execution of an update for one image.

use sealift_archive::{Form, Naming, Renamer, VerifyOptions};
use sealift_catalog::{Action, PlanOptions, Settled, Snapshot, Wanted, other_builds, reconcile};
use sealift_docker::Engine;
use sealift_filename::{ArchiveFormat, ArchivePath, ImageId, Reference};
use sealift_oci::{Digest, Identity};
use sealift_store::{ErrorKind as StoreErrorKind, Staged, Staging, Store};

use crate::engine_image::Inspected;
use crate::error::Error;
use crate::event::{Event, Work};
use crate::immutable::refuse_other_builds;
use crate::ingest::fault_of;
use crate::run::{Activity, Run};
use crate::select::known_image;
use crate::stored_archive::{StoredArchive, StoredContent};
use crate::update::compress::compress;
use crate::update::decide::Task;
use crate::update::options::UpdateOptions;
use crate::update::receive::receive;
use crate::update::report::Updated;

/// An image that the folder now has, and how it got there.
#[derive(Clone)]
pub(crate) struct Archived {
    pub(crate) wanted: Wanted,
    pub(crate) identity: Identity,
    pub(crate) archive: ArchivePath,
    pub(crate) saved: bool,
    pub(crate) compressed: bool,
    pub(crate) size: u64,
    pub(crate) plain_size: u64,
    pub(crate) sha256: Digest,
    /// Whether the engine sent the image without a `manifest.json`.
    pub(crate) lacked_manifest: bool,
    /// The ids of other builds of the same release.
    pub(crate) replaces: Vec<ImageId>,
}

impl Archived {
    /// Converts it to a result in which nothing has been removed yet.
    pub(crate) fn into_updated(self, store: &Store) -> Updated {
        Updated {
            file: StoredArchive::new(
                store,
                self.wanted.repository,
                self.wanted.version,
                self.archive,
                StoredContent {
                    digest: self.identity.config,
                    size: self.size,
                    sha256: self.sha256,
                },
            ),
            saved: self.saved,
            compressed: self.compressed,
            plain_size: self.plain_size,
            replaces: self.replaces,
            removed: Vec::new(),
        }
    }
}

/// The context in which tasks are carried out.
pub(crate) struct Worker<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) store: &'a Store,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) options: &'a UpdateOptions,
    pub(crate) planning: &'a PlanOptions,
    pub(crate) run: &'a Run,
}

impl Worker<'_> {
    /// Carries out the task for an image.
    pub(crate) async fn carry_out(&self, task: Task) -> Result<Archived, Error> {
        self.run.check_cancelled()?;
        let reference = task.image.reference.clone();
        let done = self.act(task.image, task.item.action).await;
        done.map_err(|error| about(error, reference))
    }

    async fn act(&self, image: Inspected, action: Action) -> Result<Archived, Error> {
        match action {
            Action::Keep { archive } => self.keep(image.wanted, archive),
            Action::Compress { from, to } => {
                let (_, known) = known_image(self.snapshot, &from)?;
                let (level, label) = (self.options.level, image.reference.to_string());
                let (published, proof) =
                    compress(self.store, &from, known, &to, level, &label, self.run).await?;
                Ok(Archived {
                    wanted: image.wanted,
                    plain_size: proof.plain_size(),
                    identity: proof.identity().clone(),
                    archive: published.archive,
                    saved: false,
                    compressed: !published.was_there,
                    size: published.size,
                    sha256: published.sha256,
                    lacked_manifest: false,
                    replaces: Vec::new(),
                })
            }
            Action::UnsupportedFormat { archive } => {
                Err(Error::UnsupportedFormat { image: image.reference, archive })
            }
            // Boxed, because the future is large and is part of every future around it.
            Action::Save { format, .. } => Box::pin(self.save(image, &format)).await,
        }
    }

    fn keep(&self, wanted: Wanted, archive: ArchivePath) -> Result<Archived, Error> {
        let (entry, known) = known_image(self.snapshot, &archive)?;
        Ok(Archived {
            wanted,
            identity: known.identity.clone(),
            archive,
            saved: false,
            compressed: false,
            size: entry.stat.size,
            plain_size: known.plain_size,
            sha256: known.sha256,
            lacked_manifest: false,
            replaces: Vec::new(),
        })
    }

    /// Saves an image. If its tag was moved during the save, saves the image once more.
    ///
    /// The engine is asked for the image before and after the save. Only if both answers are the
    /// same, the saved archive is compared with them.
    async fn save(&self, first: Inspected, format: &ArchiveFormat) -> Result<Archived, Error> {
        let mut image = first;
        let compress = *format == ArchiveFormat::Zip;
        for _ in 0..2 {
            let (store, repository) = (self.store.clone(), image.wanted.repository.clone());
            let form = self.form(&image.wanted, compress)?;
            let staging = self.run.blocking(move |_| Ok(store.stage(&repository, form)?)).await?;
            let activity = self.run.activity(image.reference.to_string(), Work::Saving, image.size);
            let received = Box::pin(self.receive(&image, staging, &activity)).await;
            if let Err(error @ (Error::Interrupted | Error::Store(_))) = received {
                return Err(error);
            }
            let now = match self.ask_again(&image).await {
                Ok(now) => now,
                // If the engine is unreachable now, the error of the save is more helpful.
                Err(error) => return Err(received.err().unwrap_or(error)),
            };
            if now.engine_id == image.engine_id {
                let staged = received?;
                let contents = staged.proof().contents();
                if !image.is(contents) {
                    return Err(Error::OtherImage {
                        expected: image.engine_id,
                        found: contents.identity().config,
                        image: image.reference,
                        folder: self.store.root().to_owned(),
                    });
                }
                return self.settle(image, staged, compress).await;
            }
            self.run.report(Event::TagMoved { image: image.reference.to_string() });
            image = now;
        }
        Err(Error::TagMoved { image: image.reference })
    }

    async fn ask_again(&self, image: &Inspected) -> Result<Inspected, Error> {
        let asked = Inspected::ask(self.engine, &image.reference, image.asked.as_ref());
        self.run.wait_for(asked).await
    }

    async fn receive(
        &self,
        image: &Inspected,
        staging: Staging,
        activity: &Activity,
    ) -> Result<Staged, Error> {
        let reference = image.reference.to_string();
        let save = Box::pin(self.engine.save(&reference, image.save_platform.as_ref()));
        let stream = self.run.wait_for(async { Ok(save.await?) }).await?;
        let received = receive(stream, staging, activity, self.run).await;
        received.map_err(|error| match fault_of(error) {
            Ok(fault) => Error::SaveDamaged {
                image: image.reference.clone(),
                folder: self.store.root().to_owned(),
                source: Box::new(fault),
            },
            Err(error) => error,
        })
    }

    fn form(&self, wanted: &Wanted, compress: bool) -> Result<Form, Error> {
        let renamer = Renamer::new(
            Naming::new(&wanted.repository, &wanted.version)?,
            VerifyOptions::default(),
        );
        Ok(match compress {
            true => Form::Zip { renamer, level: self.options.level, id: None },
            false => Form::Plain(renamer),
        })
    }

    /// Publishes a saved archive, unless the folder already has the same image.
    async fn settle(
        &self,
        image: Inspected,
        staged: Staged,
        compress: bool,
    ) -> Result<Archived, Error> {
        let proof = staged.proof().clone();
        let identity = proof.identity();
        let planning = self.planning.clone().with_compress(compress);
        let settled = reconcile(self.snapshot, &image.wanted, identity, &planning)?;
        match settled {
            Settled::Publish { archive } => {
                let replaces = other_builds(self.snapshot, &image.wanted, Some(identity));
                let immutable = self.options.immutable;
                refuse_other_builds(immutable, &image.reference, &replaces, Some(self.store))?;
                let published =
                    self.run.blocking(move |_| Ok(staged.publish(&archive, None)?)).await?;
                Ok(Archived {
                    wanted: image.wanted,
                    identity: identity.clone(),
                    archive: published.archive,
                    saved: !published.was_there,
                    compressed: compress && !published.was_there,
                    size: published.size,
                    plain_size: proof.plain_size(),
                    sha256: published.sha256,
                    lacked_manifest: proof.lacked_manifest(),
                    replaces,
                })
            }
            Settled::AlreadyThere { archive } => self.keep(image.wanted, archive),
            Settled::UnsupportedFormat { archive } => {
                Err(Error::UnsupportedFormat { image: image.reference, archive })
            }
        }
    }
}

/// Adds the image to an error of the folder's file system, which only contains file names.
fn about(error: Error, image: Reference) -> Error {
    match error {
        Error::Store(source)
            if !matches!(
                source.kind(),
                StoreErrorKind::Locked | StoreErrorKind::Cancelled | StoreErrorKind::Archive
            ) =>
        {
            Error::NotArchived { image, source: Box::new(source) }
        }
        error => error,
    }
}
