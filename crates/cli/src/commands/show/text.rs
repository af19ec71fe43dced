//! The description of an archive, as text.

use jiff::Timestamp;
use sealift_workflow::filename::{ArchivePath, Printable};
use sealift_workflow::{HistoryStep, ShownArchive, ShownLayer};
use serde_json::Value;

use crate::format;
use crate::table;

/// Returns the description. Lines have at most 80 columns, unless paths or names are longer. All
/// digests are SHA-256.
pub(crate) fn describe(shown: &ShownArchive, now: Timestamp) -> String {
    let file = &shown.file;
    let mut text = format!("{}:{}\n", file.image, Printable(file.version.as_str()));
    let mut fact = |name: &str, value: &str| {
        text.push_str(&format!("  {name:<10}  {value}\n"));
    };
    fact("file", &format::path(&file.path));
    let plain = match file.size == shown.plain_size {
        true => String::new(),
        false => format!(", {} as a plain tar", format::size(shown.plain_size)),
    };
    fact("size", &format!("{}{plain}", format::size(file.size)));
    fact("saved", &format::age(shown.saved, now));
    fact("sha256", &file.sha256.hex().to_string());
    fact("id", file.id.as_str());
    fact("config", &file.digest.hex().to_string());
    fact("manifest", &shown.manifest.hex().to_string());
    fact("platform", &Printable(&shown.platform.to_string()).to_string());
    if let Some(created) = &shown.created {
        let created = created.parse::<Timestamp>().map_or_else(
            |_| created.clone(),
            |time| format!("{time:.0}, {}", format::age(time, now)),
        );
        fact("created", &format::shortened(&created, VALUE));
    }
    for (name, values) in settings(&shown.settings) {
        for (at, value) in values.iter().enumerate() {
            fact(if at == 0 { name } else { "" }, &format::shortened(value, VALUE));
        }
    }
    text.push('\n');
    text.push_str(&layers(&shown.layers));
    if !shown.history.is_empty() {
        text.push_str("\nHISTORY\n");
        for step in &shown.history {
            text.push_str(&format!("{}\n", format::shortened(&command(step), WIDTH)));
        }
    }
    text
}

/// The width of a line.
const WIDTH: usize = 80;
/// The width of a value, after the column of names.
const VALUE: usize = WIDTH - 14;

/// Returns the labels, and the settings with which a container starts.
fn settings(settings: &Value) -> Vec<(&'static str, Vec<String>)> {
    let list = |key: &str| match settings.get(key) {
        Some(Value::Array(values)) => values.iter().map(plain).collect(),
        Some(Value::Object(values)) => values.keys().cloned().collect(),
        _ => Vec::new(),
    };
    let text = |key: &str| {
        let text = settings.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        text.map(str::to_owned).into_iter().collect::<Vec<_>>()
    };
    // Arguments can contain spaces, so they are printed as a JSON array.
    let words = |key: &str| match settings.get(key) {
        Some(words @ Value::Array(_)) => vec![words.to_string()],
        _ => text(key),
    };
    let labels = settings.get("Labels").and_then(Value::as_object).into_iter().flatten();
    let labels = labels.map(|(name, value)| format!("{name}={}", plain(value))).collect();
    vec![
        ("entrypoint", words("Entrypoint")),
        ("cmd", words("Cmd")),
        ("user", text("User")),
        ("workdir", text("WorkingDir")),
        ("ports", list("ExposedPorts")),
        ("volumes", list("Volumes")),
        ("env", list("Env")),
        ("labels", labels),
    ]
}

/// Returns a string without quotes, and any other value as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn layers(layers: &[ShownLayer]) -> String {
    let row = |layer: &ShownLayer| {
        let id = layer.diff_id.image_id().to_string();
        vec![id, format::size(layer.size), shared(&layer.shared_with)]
    };
    let rows: Vec<Vec<String>> = layers.iter().map(row).collect();
    let bytes = layers.iter().map(|layer| layer.size).sum();
    format!(
        "{}{}, {}\n",
        table::align(&["LAYER", "SIZE", "SHARED WITH"], &rows),
        format::count(layers.len(), "layer"),
        format::size(bytes)
    )
}

/// Returns the last of the archives that share a layer, which is usually the newest one, and the
/// number of others.
fn shared(archives: &[ArchivePath]) -> String {
    let Some((last, more)) = archives.split_last() else { return String::new() };
    let image =
        last.repository().map_or_else(|| last.image().to_owned(), |image| image.to_string());
    let name = format!("{image}:{}", last.name().version());
    let name = format::shortened(&name, 40);
    match more.len() {
        0 => name,
        more => format!("{name} and {more} more"),
    }
}

/// Returns the command of a step, without the prefix that the classic builder adds.
fn command(step: &HistoryStep) -> String {
    readable(step.created_by.as_deref().or(step.comment.as_deref()).unwrap_or("(no command)"))
}

fn readable(command: &str) -> String {
    let text = command.strip_prefix("/bin/sh -c #(nop) ").unwrap_or(command);
    match text.strip_prefix("/bin/sh -c ") {
        Some(command) => format!("RUN {}", command.trim_start()),
        None => text.trim_start().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_of_both_builders_read_alike() {
        for (created_by, expected) in [
            ("/bin/sh -c #(nop)  CMD [\"sh\"]", "CMD [\"sh\"]"),
            ("/bin/sh -c #(nop) COPY file:1 in / ", "COPY file:1 in / "),
            ("/bin/sh -c apt-get update", "RUN apt-get update"),
            ("RUN /bin/sh -c make # buildkit", "RUN /bin/sh -c make # buildkit"),
        ] {
            assert_eq!(readable(created_by), expected);
        }
    }
}
