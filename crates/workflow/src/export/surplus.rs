//! Selection and removal of exported files that are no longer needed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sealift_catalog::{Entry, Keep, Knowledge, KnownImage, Retention, Stat, retain};
use sealift_filename::{ArchiveFormat, ArchivePath, Repository};
use sealift_oci::{Digest, Identity};
use sealift_store::TargetFolder;

use crate::error::Error;
use crate::export::content::{Content, examine};
use crate::export::file_name::ExportName;
use crate::export::report::{RemovedExport, SkippedExport};
use crate::run::Run;

/// A file that this call exported, or that already existed.
pub(super) struct Exported {
    pub(super) image: Repository,
    pub(super) name: ExportName,
    pub(super) identity: Identity,
    pub(super) time: Timestamp,
}

impl Exported {
    /// Returns `true` if `name` is another build of the same version. A cluster that imports both
    /// files would assign the tag to the one that it imports last.
    fn replaces(&self, name: &ExportName) -> bool {
        self.name.version == name.version && self.name.id != name.id
    }
}

/// The removed files of an image.
pub(super) struct Removed {
    /// The index of the image in the report.
    pub(super) at: usize,
    pub(super) removed: Vec<RemovedExport>,
    pub(super) skipped: Vec<SkippedExport>,
}

/// Removes older versions of the exported images and returns them with the errors. In a plan
/// nothing is removed. Images without an export are not considered.
pub(super) fn remove_surplus(
    folder: &TargetFolder,
    exported: &[(usize, Exported)],
    keep: usize,
    is_planned: bool,
    run: &Run,
) -> (Vec<Removed>, Vec<Error>) {
    let mut images: BTreeMap<&Repository, Vec<&(usize, Exported)>> = BTreeMap::new();
    for one in exported {
        images.entry(&one.1.image).or_default().push(one);
    }
    let (mut done, mut errors) = (Vec::new(), Vec::new());
    for (image, of) in images {
        let own: Vec<&Exported> = of.iter().map(|(_, exported)| exported).collect();
        let found = match run.check_cancelled().and_then(|()| find(folder, image, &own, keep, run))
        {
            Ok(found) => found,
            Err(error) => {
                errors.push(error);
                break;
            }
        };
        let at = of.first().map_or(0, |(at, _)| *at);
        let mut removed = Vec::new();
        for file in found.surplus {
            let result = match is_planned {
                true => Ok(true),
                false => folder.remove(&file.name, file.stat),
            };
            match result {
                Ok(true) => removed.push(file),
                Ok(false) => {}
                Err(error) => errors.push(error.into()),
            }
        }
        done.push(Removed { at, removed, skipped: found.skipped });
    }
    (done, errors)
}

/// The files of an image to remove.
#[derive(Default)]
struct Found {
    surplus: Vec<RemovedExport>,
    /// Files that have the name of an export but other content.
    skipped: Vec<SkippedExport>,
}

fn find(
    folder: &TargetFolder,
    image: &Repository,
    exported: &[&Exported],
    keep: usize,
    run: &Run,
) -> Result<Found, Error> {
    let mut files = Vec::new();
    for (name, stat) in folder.files()? {
        if let Some(name) = ExportName::parse(&name, image) {
            files.push((name, stat));
        }
    }
    let own = |name: &ExportName| exported.iter().find(|one| one.name == *name);
    let mut found = Found::default();
    let names = files.iter().map(|(name, _)| name);
    let is_rebuilt = files.iter().any(|(name, _)| exported.iter().any(|one| one.replaces(name)));
    if !is_rebuilt && !may_exceed(names.chain(exported.iter().map(|one| &one.name)), keep) {
        return Ok(found);
    }
    let (mut entries, mut others) = (Vec::new(), Vec::new());
    for one in exported {
        entries.push(entry_of(image, &one.name, &one.identity, one.time)?);
    }
    for (name, stat) in files.into_iter().filter(|(name, _)| own(name).is_none()) {
        let path = folder.path().join(name.as_str());
        match examine(&path, image, &name, run)? {
            Content::Exported(identity) => {
                let is_of_same = |one: &&Exported| {
                    one.replaces(&name) && one.identity.platform == identity.platform
                };
                if exported.iter().any(is_of_same) {
                    found.surplus.push(RemovedExport::new(name.as_str(), path, stat));
                    continue;
                }
                entries.push(entry_of(image, &name, &identity, stat.modified)?);
                others.push((name, stat));
            }
            Content::Damaged(reason) | Content::Other(reason) => {
                found.skipped.push(SkippedExport { path, reason });
            }
        }
    }
    let surplus = retain(&entries, &Retention::keeping(Keep::newest(keep)));
    let is_surplus = |name: &ExportName| {
        surplus.iter().any(|path| {
            path.name().id() == name.id && path.name().version() == name.version.as_str()
        })
    };
    for (name, stat) in others.into_iter().filter(|(name, _)| is_surplus(name)) {
        let path = folder.path().join(name.as_str());
        found.surplus.push(RemovedExport::new(name.as_str(), path, stat));
    }
    Ok(found)
}

/// Returns `true` if the names allow for more versions than `keep`. Only then the files must be
/// read.
fn may_exceed<'a>(names: impl Iterator<Item = &'a ExportName>, keep: usize) -> bool {
    let mut counts = [Vec::new(), Vec::new()];
    for name in names {
        let is_dirty = name.version.is_dirty();
        let build = (&name.version, is_dirty.then_some(name.id));
        let seen = &mut counts[usize::from(is_dirty)];
        if !seen.contains(&build) {
            seen.push(build);
        }
    }
    counts.iter().any(|seen| seen.len() > keep)
}

/// Describes an exported file as an archive, to apply the rules of retention to it.
fn entry_of(
    image: &Repository,
    name: &ExportName,
    identity: &Identity,
    time: Timestamp,
) -> Result<Entry, Error> {
    let archive = ArchivePath::new(image, &name.version, name.id, ArchiveFormat::Docker)?;
    let mut known = KnownImage::new(identity.clone(), Digest::of(b""), 0);
    known.saved = Some(time);
    let stat = Stat { size: 0, modified: time };
    Ok(Entry::new(archive, stat).with_knowledge(Knowledge::Image(Box::new(known))))
}
