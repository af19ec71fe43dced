//! Which layers the manifests in an engine name, by the archives of a folder.

use std::collections::HashSet;

use sealift_oci::Digest;
use sealift_store::Store;

use crate::error::Error;
use crate::load::leave_out::KnownManifests;
use crate::run::Run;

/// How many archives are opened for it. Each one takes about a millisecond.
const LIMIT: usize = 200;

/// Looks for the manifests of an engine's images among the archives of a folder, of which those with
/// valid records count. Archives that share no layer with the image do not matter.
pub(crate) fn known_manifests(
    store: &Store,
    diff_ids: &[Digest],
    manifests: &HashSet<Digest>,
    run: &Run,
) -> Result<KnownManifests, Error> {
    let mut known = KnownManifests::new();
    let entries = store.entries(&store.scan()?.archives);
    let may_help = entries.iter().filter_map(|entry| {
        let identity = entry.identity()?;
        let shares = identity.diff_ids.iter().any(|diff_id| diff_ids.contains(diff_id));
        let mut own = identity.manifests.iter().chain(&identity.indexes);
        // An archive without a manifest has the canonical one, which is computed below.
        let is_there =
            identity.manifests.is_empty() || own.any(|digest| manifests.contains(digest));
        (shares && is_there).then_some(&entry.archive)
    });
    for archive in may_help.take(LIMIT) {
        run.check_cancelled()?;
        // An archive that would have to be read for it, or that is gone, is of no use.
        let Ok(Some(opened)) = store.open_recorded(archive) else { continue };
        let (Ok(manifest), Ok(layers)) = (opened.manifest_descriptor(), opened.image_layers())
        else {
            continue;
        };
        // An engine that lists no manifests shows the index.
        let shown = opened.identity().indexes.iter().chain([&manifest.digest]);
        for digest in shown.filter(|digest| manifests.contains(digest)) {
            known.insert(*digest, layers.iter().map(|layer| layer.digest).collect());
        }
    }
    Ok(known)
}
