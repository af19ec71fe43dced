//! The images in an archive, and the selection of one of them.

use crate::error::Fault;
use crate::verify::documents::{find, parse};
use crate::verify::entries::Entries;
use crate::verify::image::Image;
use crate::verify::layout::MANIFEST_JSON;
use crate::verify::links::resolve;
use crate::verify::oci_view::OciView;
use sealift_oci::Platform;
use sealift_oci::{ImageConfig, ListedImage, UncheckedDocument};

/// The selected image.
pub(crate) struct Picked {
    pub(crate) image: Image,
    /// Whether the archive contains other images as well.
    pub(crate) is_one_of_several: bool,
}

/// Returns the only image of an archive, or the only one for a platform.
pub(crate) fn pick(
    entries: &Entries,
    oci: Option<&OciView>,
    platform: Option<&Platform>,
) -> Result<Picked, Fault> {
    let mut images = match oci {
        _ if entries.contains_key(MANIFEST_JSON) => listed_images(entries)?,
        Some(oci) => oci.images(entries)?,
        None => {
            return Err(Fault::not_an_image("it contains neither manifest.json nor index.json"));
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
            wanted: Box::new(wanted.clone()),
            found: platforms.into_iter().flatten().collect(),
        }),
        _ => Err(several(&images, &[])),
    }
}

/// Returns the platform of an image, or `None` if its config is missing or cannot be parsed.
pub(crate) fn platform_of(entries: &Entries, image: &Image) -> Option<Platform> {
    let config = resolve(entries, &image.config_name)?;
    let document: ImageConfig = parse(config, &image.config_name).ok()?;
    Some(document.platform())
}

/// Returns the images that `manifest.json` lists. Entries with the same config are one image,
/// because some tools write one entry for each tag.
pub(crate) fn listed_images(entries: &Entries) -> Result<Vec<Image>, Fault> {
    let content = find(entries, MANIFEST_JSON, "manifest", "every archive")?;
    if let Ok(UncheckedDocument { config: Some(_), .. }) = parse(content, MANIFEST_JSON) {
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
        return Err(Fault::not_an_image("its manifest.json lists no image"));
    }
    Ok(images)
}

/// Returns the fault of an archive with several images, or with one image for several platforms.
pub(crate) fn several(images: &[Image], platforms: &[Option<Platform>]) -> Fault {
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
