//! Judges an archive by what was remembered of its entries: a pure function.
//!
//! The chain of proof: `manifest.json` (or, without it, `index.json`) names the config file; the digest
//! of that file is the image's id; the config names each layer by its diff id, the digest of the
//! uncompressed content. A layer is proven by its own diff id, or, where it was not decompressed, by an
//! OCI manifest that names its digest, belongs to this config, and has its own digest proven by the
//! index.

use std::collections::BTreeSet;

use sealift_filename::Printable;
use serde::de::DeserializeOwned;

use crate::entries::{Compression, Content, Entries, Entry, Json, blob_digest, resolve, steps};
use crate::layout::{INDEX_JSON, Layout, MANIFEST_JSON, OCI_LAYOUT, REPOSITORIES};
use crate::metadata::{
    Anything, Descriptor, ImageConfig, ListedImage, OciDocument, OciLayout, Target, UnambiguousKeys,
};
use crate::{Digest, Fault, Identity, Platform};

/// An index of an index of an index: engines write two levels.
const INDEX_DEPTH: usize = 4;
/// More manifests than any image has platforms.
const MANIFEST_LIMIT: usize = 1_000;

/// What the entries turned out to be.
pub(crate) struct Judgement {
    pub(crate) identity: Identity,
    /// What a container of the image starts with, as the config file says.
    pub(crate) settings: serde_json::Value,
    /// How the archive is laid out around the image.
    pub(crate) layout: Layout,
}

/// Returns which image the entries are, or why they are none. Of several images, `platform` picks one.
pub(crate) fn judge(entries: &Entries, platform: Option<&Platform>) -> Result<Judgement, Fault> {
    check_blob_names(entries)?;
    check_legacy(entries)?;
    check_folders(entries)?;
    let oci = match entries.contains_key(INDEX_JSON) {
        true => Some(OciView::read(entries)?),
        false => None,
    };
    let Picked { image, is_one_of_several } = pick(entries, oci.as_ref(), platform)?;

    let config_name = &image.config_name;
    let config = find(entries, config_name, "config", image.named_by)?;
    check_named_digest(config_name, config)?;
    let document: ImageConfig = parse(config, config_name)?;
    let Some(rootfs) = &document.rootfs else {
        let reason =
            format!("`{}` has no rootfs, so it is no image's config", Printable(config_name));
        return Err(Fault::Unsupported { reason });
    };
    let diff_ids = rootfs
        .diff_ids
        .iter()
        .flatten()
        .map(|text| read_digest(text, config_name))
        .collect::<Result<Vec<_>, _>>()?;
    let lists = || std::iter::once(&image.layer_names).chain(&image.other_layer_names);
    if let Some(layer_names) = lists().find(|names| names.len() != diff_ids.len()) {
        let reason = format!(
            "lists {} layers where {} lists {}",
            diff_ids.len(),
            image.named_by,
            layer_names.len()
        );
        return Err(bad(config_name, reason));
    }

    let proofs = match &oci {
        Some(oci) => oci.manifests_of(config.digest)?,
        None => Vec::new(),
    };
    for proof in &proofs {
        proof.check_content(entries)?;
    }
    for layer_names in lists() {
        for (index, (name, diff_id)) in layer_names.iter().zip(&diff_ids).enumerate() {
            let layer = find(entries, name, "layer", image.named_by)?;
            check_layer(name, layer, diff_id, &proofs, index)?;
        }
    }

    let platform = document.platform();
    if platform.os != "linux" {
        return Err(Fault::Unsupported {
            reason: format!(
                "it is an image for {}, only those for linux are taken",
                Printable(&platform.os)
            ),
        });
    }
    // Records and lists hold it as text.
    if platform.to_string().parse().as_ref() != Ok(&platform) {
        let reason = format!(
            "it is an image for `{}`, which is no platform",
            Printable(&platform.to_string())
        );
        return Err(Fault::Unsupported { reason });
    }
    let mut repo_tags = image.repo_tags;
    repo_tags.dedup();
    let layout = Layout {
        manifest_json: value(entries, MANIFEST_JSON),
        repositories: value(entries, REPOSITORIES),
        index_json: value(entries, INDEX_JSON),
        descriptor: proofs.first().map(|proof| proof.top),
        belonging: is_one_of_several.then(|| {
            let manifests = proofs.iter().map(|proof| proof.name.as_str());
            let names = lists().flatten().map(String::as_str).chain(manifests);
            belonging(entries, names.chain([config_name.as_str(), OCI_LAYOUT]))
        }),
        manifest: proofs.first().map(|proof| proof.describe(entries)),
        config_name: config_name.clone(),
        layer_names: image.layer_names,
    };
    let identity = Identity {
        config: config.digest,
        manifests: proofs.iter().map(|proof| proof.digest).collect(),
        indexes: oci.map(|oci| oci.indexes).unwrap_or_default(),
        diff_ids,
        platform,
        created: document.created,
        repo_tags,
    };
    Ok(Judgement { identity, settings: document.config, layout })
}

/// Returns a document as it stands in the archive, if it can be read.
fn value(entries: &Entries, name: &str) -> Option<serde_json::Value> {
    resolve(entries, name).and_then(|content| parse(content, name).ok())
}

/// Returns the names of entries, and of those which links lead to.
fn belonging<'a>(entries: &Entries, names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    names.into_iter().flat_map(|name| steps(entries, name)).collect()
}

/// An image of an archive, by the names of its entries.
struct Image {
    config_name: String,
    layer_names: Vec<String>,
    /// The layers of further entries of `manifest.json` with the same config.
    other_layer_names: Vec<Vec<String>>,
    repo_tags: Vec<String>,
    named_by: &'static str,
}

/// The image that is meant.
struct Picked {
    image: Image,
    /// Whether there are others beside it.
    is_one_of_several: bool,
}

/// Picks the one image of an archive, or the only one for a platform.
fn pick(
    entries: &Entries,
    oci: Option<&OciView>,
    platform: Option<&Platform>,
) -> Result<Picked, Fault> {
    let mut images = match oci {
        _ if entries.contains_key(MANIFEST_JSON) => listed_images(entries)?,
        Some(oci) => oci.images(entries)?,
        None => {
            return Err(Fault::not_an_image("there is neither manifest.json nor index.json in it"));
        }
    };
    if images.len() == 1 && platform.is_none() {
        let image = images.remove(0);
        return Ok(Picked { image, is_one_of_several: false });
    }
    // Some writers list one image in manifest.json, and all platforms in the index.
    if let Some(oci) = oci.filter(|_| platform.is_some()) {
        let digest_of = |image: &Image| resolve(entries, &image.config_name).map(|it| it.digest);
        let there: Vec<_> = images.iter().map(digest_of).collect();
        let others = oci.images(entries).unwrap_or_default();
        images.extend(others.into_iter().filter(|image| !there.contains(&digest_of(image))));
    }
    let platforms: Vec<Option<Platform>> =
        images.iter().map(|image| platform_of(entries, image)).collect();
    let Some(wanted) = platform else {
        return Err(several(&images, &platforms));
    };
    let matches: Vec<usize> = (0..images.len())
        .filter(|&at| {
            platforms[at].as_ref().is_some_and(|of| of.normalized() == wanted.normalized())
        })
        .collect();
    match matches[..] {
        [at] => {
            let is_one_of_several = images.len() > 1;
            Ok(Picked { image: images.swap_remove(at), is_one_of_several })
        }
        [] => Err(Fault::OtherPlatform {
            wanted: wanted.clone(),
            found: platforms.into_iter().flatten().collect(),
        }),
        _ => Err(several(&images, &[])),
    }
}

/// Returns what an image runs on, if its config is there and can be read.
fn platform_of(entries: &Entries, image: &Image) -> Option<Platform> {
    let config = resolve(entries, &image.config_name)?;
    let document: ImageConfig = parse(config, &image.config_name).ok()?;
    Some(document.platform())
}

/// Reads `manifest.json`. Several entries are one image if all name the same config: this is how
/// some tools write several tags.
fn listed_images(entries: &Entries) -> Result<Vec<Image>, Fault> {
    let content = find(entries, MANIFEST_JSON, "manifest", "every archive")?;
    if let Ok(OciDocument { config: Some(_), .. }) = parse(content, MANIFEST_JSON) {
        let reason =
            "its manifest.json is the manifest of an image, as `skopeo copy … dir:` writes it";
        return Err(Fault::not_an_image(reason));
    }
    let listed: Option<Vec<ListedImage>> = parse(content, MANIFEST_JSON)?;
    let mut images: Vec<Image> = Vec::new();
    for entry in listed.unwrap_or_default() {
        let layers = entry.layers.unwrap_or_default();
        let tags = entry.repo_tags.unwrap_or_default();
        match images.iter_mut().find(|image| image.config_name == entry.config) {
            Some(image) => {
                image.repo_tags.extend(tags);
                if image.layer_names != layers {
                    image.other_layer_names.push(layers);
                }
            }
            None => images.push(Image {
                config_name: entry.config,
                layer_names: layers,
                other_layer_names: Vec::new(),
                repo_tags: tags,
                named_by: MANIFEST_JSON,
            }),
        }
    }
    if images.is_empty() {
        return Err(Fault::not_an_image("its manifest.json lists none"));
    }
    Ok(images)
}

/// Returns the fault of an archive with several images, or with one image for several platforms.
fn several(images: &[Image], platforms: &[Option<Platform>]) -> Fault {
    let mut known: Vec<&Platform> = platforms.iter().flatten().collect();
    known.sort_unstable();
    known.dedup();
    let mut tags: Vec<&str> = Vec::new();
    for tag in images.iter().flat_map(|image| &image.repo_tags) {
        if !tags.contains(&tag.as_str()) {
            tags.push(tag);
        }
    }
    if !known.is_empty() && known.len() == images.len() && tags.len() < 2 {
        return Fault::SeveralPlatforms { platforms: known.into_iter().cloned().collect() };
    }
    let tags = tags.into_iter().map(str::to_owned).collect();
    Fault::SeveralImages { count: images.len(), tags }
}

/// The OCI half of an archive: what `index.json` leads to.
struct OciView {
    indexes: Vec<Digest>,
    manifests: Vec<OciManifest>,
    repo_tags: Vec<String>,
    /// The type of the config of something that is no image.
    artifact: Option<String>,
}

/// A manifest of kind image that is in the archive.
struct OciManifest {
    digest: Digest,
    name: String,
    config: Digest,
    config_size: Option<u64>,
    layers: Vec<(Digest, Option<u64>)>,
    media_type: String,
    /// Which descriptor of `index.json` leads to it.
    top: usize,
}

impl OciView {
    fn read(entries: &Entries) -> Result<Self, Fault> {
        let content = find(entries, INDEX_JSON, "index", "every OCI layout")?;
        let index: OciDocument = parse(content, INDEX_JSON)?;
        let mut view = Self {
            indexes: Vec::new(),
            manifests: Vec::new(),
            repo_tags: Vec::new(),
            artifact: None,
        };
        view.walk(entries, INDEX_JSON, index.manifests.unwrap_or_default(), 0, 0)?;
        Ok(view)
    }

    fn walk(
        &mut self,
        entries: &Entries,
        named_by: &str,
        descriptors: Vec<Descriptor>,
        depth: usize,
        top: usize,
    ) -> Result<(), Fault> {
        if depth > INDEX_DEPTH || self.manifests.len() + descriptors.len() > MANIFEST_LIMIT {
            return Err(Fault::LimitExceeded {
                what: "the manifests of its index".to_owned(),
                limit: format!("{MANIFEST_LIMIT} in {INDEX_DEPTH} levels"),
            });
        }
        for (at, descriptor) in descriptors.iter().enumerate() {
            if descriptor.is_attestation() {
                continue;
            }
            let top = if depth == 0 { at } else { top };
            let digest: Digest = read_digest(&descriptor.digest, named_by)?;
            let name = blob_name(digest);
            if depth == 0 {
                let tag = descriptor
                    .annotation("io.containerd.image.name")
                    .or_else(|| descriptor.annotation("org.opencontainers.image.ref.name"));
                self.repo_tags.extend(tag.map(str::to_owned));
            }
            if descriptor.target() == Target::Unknown {
                return Err(Fault::Unsupported {
                    reason: format!(
                        "{named_by} points to something of the unknown kind `{}`",
                        Printable(&descriptor.media_type)
                    ),
                });
            }
            let Some(content) = resolve(entries, &name) else {
                // The containerd store leaves out other platforms' manifests by design, but what
                // index.json itself points to must be there.
                if depth == 0 {
                    return Err(missing("manifest", &name, named_by));
                }
                continue;
            };
            if descriptor.size.is_some_and(|size| size != content.size) {
                return Err(bad(named_by, format!("gives another size for `{name}` than it has")));
            }
            let document: OciDocument = parse(content, &name)?;
            match descriptor.target() {
                Target::Index => {
                    self.indexes.push(digest);
                    let manifests = document.manifests.unwrap_or_default();
                    self.walk(entries, &name, manifests, depth + 1, top)?;
                }
                _ => {
                    let media_type = descriptor.media_type.clone();
                    let config_type = document.config.as_ref().map(|it| it.media_type.clone());
                    let manifest = OciManifest::new(digest, name, document)?;
                    let manifest = manifest.map(|found| OciManifest { media_type, top, ..found });
                    if manifest.is_none() {
                        self.artifact = config_type;
                    }
                    self.manifests.extend(manifest);
                }
            }
        }
        Ok(())
    }

    /// Gives the manifests whose config is this one.
    fn manifests_of(&self, config: Digest) -> Result<Vec<&OciManifest>, Fault> {
        let found: Vec<_> =
            self.manifests.iter().filter(|manifest| manifest.config == config).collect();
        if found.is_empty() {
            return Err(bad(INDEX_JSON, format!("leads to no manifest with the config {config}")));
        }
        Ok(found)
    }

    /// Returns the images to which the index leads, each once.
    fn images(&self, entries: &Entries) -> Result<Vec<Image>, Fault> {
        let mut images: Vec<Image> = Vec::new();
        for manifest in &self.manifests {
            let config_name = blob_name(manifest.config);
            if images.iter().any(|image| image.config_name == config_name) {
                continue;
            }
            images.push(Image {
                config_name,
                layer_names: manifest.layers.iter().map(|(digest, _)| blob_name(*digest)).collect(),
                other_layer_names: Vec::new(),
                repo_tags: self.repo_tags.clone(),
                named_by: INDEX_JSON,
            });
        }
        match (&images[..], &self.artifact) {
            ([], Some(config_type)) => Err(Fault::not_an_image(format!(
                "its index.json leads to an artifact whose config is of the type `{}`",
                Printable(config_type)
            ))),
            ([], None) if entries.keys().any(|name| blob_digest(name).is_some()) => {
                Err(bad(INDEX_JSON, "leads to no image, although there are blobs".to_owned()))
            }
            ([], None) => Err(Fault::not_an_image("its index.json leads to none")),
            _ => Ok(images),
        }
    }
}

impl OciManifest {
    /// Takes up a manifest, or nothing where it describes something that is no image.
    fn new(digest: Digest, name: String, document: OciDocument) -> Result<Option<Self>, Fault> {
        let Some(config) = document.config.filter(Descriptor::is_image_config) else {
            return Ok(None);
        };
        let read = |text: &str| read_digest(text, &name);
        let layers = document.layers.unwrap_or_default();
        if let Some(layer) = layers.iter().find(|layer| layer.media_type.ends_with("+encrypted")) {
            let reason = format!("layer {} is encrypted", Printable(&layer.digest));
            return Err(Fault::Unsupported { reason });
        }
        let layers = layers
            .iter()
            .map(|layer| Ok((read(&layer.digest)?, layer.size)))
            .collect::<Result<Vec<_>, Fault>>()?;
        let config_size = config.size;
        let config = read(&config.digest)?;
        let media_type = String::new();
        Ok(Some(Self { digest, config, config_size, layers, name, media_type, top: 0 }))
    }

    /// Returns a descriptor of it, for an index of its own.
    fn describe(&self, entries: &Entries) -> serde_json::Value {
        serde_json::json!({
            "mediaType": self.media_type,
            "digest": self.digest.to_string(),
            "size": resolve(entries, &self.name).map_or(0, |content| content.size),
        })
    }

    /// Checks that everything that the manifest names is there. The digests are already known to
    /// be those of the names.
    fn check_content(&self, entries: &Entries) -> Result<(), Fault> {
        let config = (self.config, self.config_size);
        for (digest, size) in std::iter::once(&config).chain(&self.layers) {
            let name = blob_name(*digest);
            let content = find(entries, &name, "blob", &self.name)?;
            if size.is_some_and(|size| size != content.size) {
                return Err(bad(
                    &self.name,
                    format!("gives another size for `{name}` than it has"),
                ));
            }
        }
        Ok(())
    }
}

/// Every blob of an OCI layout is named by its digest, so each can be checked, whoever refers to it.
fn check_blob_names(entries: &Entries) -> Result<(), Fault> {
    for (name, entry) in entries {
        if let (Some(expected), Entry::File(content)) = (blob_digest(name), entry)
            && expected != content.digest
        {
            return Err(wrong(name, expected, content.digest));
        }
    }
    Ok(())
}

/// Checks what engines write beside an image and hardly read, as far as it is known what they write: no digest
/// covers it.
fn check_legacy(entries: &Entries) -> Result<(), Fault> {
    for (name, entry) in entries {
        let Entry::File(content) = entry else { continue };
        let in_layer = |(folder, file)| Digest::from_hex(folder).map(|_| file);
        match name.split_once('/').and_then(in_layer) {
            Some("VERSION")
                if ![b"1.0", &b"1.0\n"[..]].map(Digest::of).contains(&content.digest) =>
            {
                return Err(bad(name, "is not the version of a layer".to_owned()));
            }
            Some("json") => check_object(content, name)?,
            _ if name == REPOSITORIES => check_object(content, name)?,
            _ if name == OCI_LAYOUT => {
                let layout: OciLayout = parse(content, name)?;
                if layout.image_layout_version != "1.0.0" {
                    return Err(bad(name, "is of an unknown version".to_owned()));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Checks that an entry is JSON, unless it was too large to be kept.
fn check_object(content: &Content, name: &str) -> Result<(), Fault> {
    match parse::<Anything>(content, name) {
        Ok(Anything {}) | Err(Fault::LimitExceeded { .. }) => Ok(()),
        Err(fault) => Err(fault),
    }
}

/// Checks that nothing lies below what is no folder: whoever unpacks the archive may find it elsewhere, behind a
/// link for instance.
fn check_folders(entries: &Entries) -> Result<(), Fault> {
    for name in entries.keys() {
        let mut folders = name.match_indices('/').map(|(end, _)| &name[..end]);
        if let Some(folder) = folders.find(|folder| entries.contains_key(*folder)) {
            return Err(bad(
                name,
                format!("lies below `{}`, which is no folder", Printable(folder)),
            ));
        }
    }
    Ok(())
}

/// Checks a config against the digest in its own name: `<hex>.json`, `sha256:<hex>`, `blobs/…/<hex>`.
fn check_named_digest(name: &str, content: &Content) -> Result<(), Fault> {
    let file = name.rsplit('/').next().unwrap_or(name);
    let hex = file.strip_suffix(".json").unwrap_or(file);
    let hex = hex.strip_prefix("sha256:").unwrap_or(hex);
    match Digest::from_hex(hex) {
        Some(expected) if expected != content.digest => {
            Err(wrong(&format!("config {name}"), expected, content.digest))
        }
        _ => Ok(()),
    }
}

fn check_layer(
    name: &str,
    layer: &Content,
    diff_id: &Digest,
    proofs: &[&OciManifest],
    index: usize,
) -> Result<(), Fault> {
    let what = format!("layer {name}");
    match (&layer.unpacked, layer.compression) {
        (Some(Ok(unpacked)), _) if unpacked == diff_id => Ok(()),
        (Some(Ok(unpacked)), _) => {
            Err(wrong(&format!("{what}, decompressed,"), *diff_id, *unpacked))
        }
        (Some(Err(reason)), _) => Err(bad(name, format!("can't be decompressed: {reason}"))),
        (None, Compression::None) if layer.digest == *diff_id => Ok(()),
        (None, Compression::None) => Err(wrong(&what, *diff_id, layer.digest)),
        (None, _) => {
            let proven = |proof: &&OciManifest| {
                proof.layers.get(index).is_some_and(|(digest, _)| *digest == layer.digest)
            };
            if proofs.iter().any(proven) || layer.digest == *diff_id {
                return Ok(());
            }
            if let Some(form) = layer.compression.unsupported() {
                let reason = format!("{what} is compressed by {form}; gzip and zstd are supported");
                return Err(Fault::Unsupported { reason: Printable(&reason).to_string() });
            }
            Err(Fault::Unsupported {
                reason: format!("{what} is compressed and no manifest names its digest"),
            })
        }
    }
}

fn find<'a>(
    entries: &'a Entries,
    name: &str,
    kind: &str,
    named_by: &str,
) -> Result<&'a Content, Fault> {
    resolve(entries, name).ok_or_else(|| missing(kind, name, named_by))
}

fn missing(kind: &str, name: &str, named_by: &str) -> Fault {
    Fault::Missing { what: format!("{kind} {}", Printable(name)), named_by: named_by.to_owned() }
}

fn wrong(what: &str, expected: Digest, found: Digest) -> Fault {
    Fault::WrongDigest { what: Printable(what).to_string(), expected, found }
}

fn bad(entry: &str, reason: String) -> Fault {
    Fault::BadMetadata { entry: Printable(entry).to_string(), reason }
}

/// Reads a digest that stands in an entry. Only in this form it can become the name of a blob.
fn read_digest(text: &str, entry: &str) -> Result<Digest, Fault> {
    let is_other = |(algorithm, hex): (&str, &str)| {
        matches!((algorithm, hex.len()), ("sha384", 96) | ("sha512", 128))
            && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    if text.split_once(':').is_some_and(is_other) {
        let algorithm = text.split(':').next().unwrap_or_default();
        let reason = format!(
            "`{}` names content by its {algorithm}, only sha256 is supported",
            Printable(entry)
        );
        return Err(Fault::Unsupported { reason });
    }
    text.parse().map_err(|error| bad(entry, format!("names no digest: {error}")))
}

fn blob_name(digest: Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

pub(crate) fn parse<T: DeserializeOwned>(content: &Content, name: &str) -> Result<T, Fault> {
    match &content.json {
        Json::Kept(json) => {
            let unreadable = |error| bad(name, format!("can't be read: {error}"));
            let UnambiguousKeys = serde_json::from_slice(json).map_err(unreadable)?;
            serde_json::from_slice(json).map_err(unreadable)
        }
        Json::TooLarge => Err(Fault::LimitExceeded {
            what: format!("`{}` of {} bytes", Printable(name), content.size),
            limit: "4 MiB each and 16 MiB in all".to_owned(),
        }),
        Json::No => Err(bad(name, "is no JSON".to_owned())),
    }
}
