//! Saves of engines, and the positions of their parts.

use std::collections::BTreeSet;

use sealift_testing::layouts::{Entry, Image, Packing, digest, pack};
use sealift_testing::{Span, spans};
use serde_json::Value;

use super::bench::Seed;
use crate::fake_engine::{Dialect, shown};

/// A complete save, and the engine's description of the image.
pub(crate) struct Saved {
    /// The requested name, `image:tag`.
    pub(crate) reference: String,
    pub(crate) shown: Value,
    /// The description by an engine with the same store after a load, which omits an index.
    pub(crate) shown_after_load: Value,
    /// The properties of the engine.
    pub(crate) dialect: Dialect,
    pub(crate) tar: Vec<u8>,
    pub(crate) spans: Vec<Span>,
    /// The config digest, which is the same on all engines.
    pub(crate) config: String,
    /// The names of the essential entries: config and layers.
    essential: BTreeSet<String>,
}

impl Saved {
    pub(crate) fn new(reference: &str, shown: Value, tar: Vec<u8>) -> Self {
        let spans = spans(&tar);
        let content = |name: &str| {
            let span = spans.iter().find(|span| span.name == name).unwrap();
            &tar[span.content..span.content + span.size]
        };
        let manifest: Value = serde_json::from_slice(content("manifest.json")).unwrap();
        let config = manifest[0]["Config"].as_str().unwrap();
        let layers = manifest[0]["Layers"].as_array().unwrap();
        let names = layers.iter().map(|name| name.as_str().unwrap()).chain([config]);
        Self {
            config: digest(content(config)),
            essential: names.map(str::to_owned).collect(),
            reference: reference.to_owned(),
            dialect: Dialect::default(),
            shown_after_load: shown.clone(),
            shown,
            spans,
            tar,
        }
    }

    /// Returns the entries that are config or layer and have content.
    pub(crate) fn essential(&self) -> Vec<&Span> {
        self.filled(|name| self.essential.contains(name))
    }

    /// Returns the entries with content whose names are wanted.
    pub(crate) fn filled(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<&Span> {
        self.spans.iter().filter(|span| span.size > 0 && is_wanted(&span.name)).collect()
    }

    pub(crate) fn is_essential(&self, name: &str) -> bool {
        self.essential.contains(name)
    }

    /// Returns the offset of the tar's end marker.
    pub(crate) fn end(&self) -> usize {
        self.spans.last().unwrap().end
    }

    /// Returns the contents that must be in any archive of this image, by names, as another reader
    /// of tars finds them; `None` if that reader fails.
    pub(crate) fn essence(&self, tar: &[u8]) -> Option<Vec<Vec<u8>>> {
        let spans = std::panic::catch_unwind(|| spans(tar)).ok()?;
        let content = |name: &String| {
            let span = spans.iter().find(|span| span.name == *name)?;
            Some(tar[span.content..span.content + span.size].to_vec())
        };
        self.essential.iter().map(content).collect()
    }
}

type Layout = fn(&Image) -> Vec<Entry>;

const LAYOUTS: [Layout; 5] = [
    Image::docker_folders,
    Image::docker_blobs,
    |image| image.containerd(Packing::Gzip, false),
    |image| image.containerd(Packing::Gzip, true),
    Image::podman,
];

/// Returns a generated save in one of the layouts that engines write.
pub(crate) fn made(seed: &mut Seed) -> Saved {
    let layout = seed.choose(&LAYOUTS);
    let reference = *seed.any(&["web:1.0.0.2", "team/web:1.0.0.2"]);
    written(reference, *layout)
}

fn written(reference: &str, layout: Layout) -> Saved {
    let image = Image::new(reference, 2);
    let tar = pack(&layout(&image));
    let mut shown = shown(&image);
    // The containerd store reports the digest that its index points to.
    let saved = Saved::new(reference, shown.clone(), tar);
    let is_containerd = !saved.spans.iter().any(|span| span.name == "repositories");
    if is_containerd {
        let index = saved.filled(|name| name == "index.json")[0];
        let index = &saved.tar[index.content..index.content + index.size];
        let index: Value = serde_json::from_slice(index).unwrap();
        let mut pointer = index["manifests"][0].clone();
        let mut show = |pointer: &Value| {
            shown["Id"] = pointer["digest"].clone();
            shown["Descriptor"] = pointer.clone();
            shown.clone()
        };
        let before = show(&pointer);
        let hex = pointer["digest"].as_str().unwrap().trim_start_matches("sha256:").to_owned();
        let target = saved.filled(|name| name.ends_with(&hex))[0];
        let target = &saved.tar[target.content..target.content + target.size];
        let target: Value = serde_json::from_slice(target).unwrap();
        if target["manifests"].is_array() {
            pointer = target["manifests"][0].clone();
        }
        let after = show(&pointer);
        return Saved { shown: before, shown_after_load: after, ..saved };
    }
    Saved { shown_after_load: shown.clone(), shown, ..saved }
}
