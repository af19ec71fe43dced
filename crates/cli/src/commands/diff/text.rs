//! The differences between two archives, as text.

use sealift_workflow::filename::Printable;
use sealift_workflow::{
    ArchiveFile, Aspect, Differences, FileChange, FileDifference, FileFacts, FileKind, LayerChange,
    LayerDifference,
};

use crate::format;
use crate::table;

/// The width of the longest path; the rest of the 80 columns is for the mark and the sizes.
const PATH: usize = 48;

/// Returns the description. Lines have at most 80 columns, unless names of images are longer.
pub(crate) fn describe(differences: &Differences) -> String {
    let Differences { before, after, settings, layers, files, .. } = differences;
    let mut text = format!("- {}\n+ {}\n", name(before), name(after));
    if !settings.is_empty() {
        let names = format::shortened(&settings.join(", "), 60);
        text.push_str(&format!("\nSETTINGS\n~ {names}\n"));
    }
    let same = |layer: &&LayerDifference| layer.change == LayerChange::Same;
    let rows: Vec<Vec<String>> =
        layers.iter().filter(|layer| !same(layer)).map(layer_row).collect();
    if !rows.is_empty() {
        text.push_str(&format!("\n{}", table::align(&["LAYERS", ""], &rows)));
    }
    if !files.is_empty() {
        let rows: Vec<Vec<String>> = files.iter().map(file_row).collect();
        text.push_str(&format!("\n{}", table::align(&["FILES", ""], &rows)));
    }
    text.push_str(&format!("\n{}\n", summary(differences)));
    text
}

fn name(file: &ArchiveFile) -> String {
    let (image, version) = (file.image(), file.version());
    format!("{}:{}  {}", Printable(&image), Printable(version.as_str()), file.id())
}

fn layer_row(layer: &LayerDifference) -> Vec<String> {
    let mark = if layer.change == LayerChange::Added { '+' } else { '-' };
    vec![format!("{mark} {}", layer.diff_id.image_id()), format::size(layer.size)]
}

fn file_row(file: &FileDifference) -> Vec<String> {
    let (mark, what) = match &file.change {
        FileChange::Added { after } => ('+', size(after)),
        FileChange::Removed { before } => ('-', size(before)),
        FileChange::Changed { before, after, aspects } => ('~', changed(before, after, aspects)),
    };
    vec![format!("{mark} /{}", in_the_middle(&file.path, PATH)), what]
}

/// Returns the size of a regular file, or the type of any other entry.
fn size(facts: &FileFacts) -> String {
    match facts.kind {
        FileKind::File => format::size(facts.size),
        kind => word(kind).to_owned(),
    }
}

fn word(kind: FileKind) -> &'static str {
    match kind {
        FileKind::File => "file",
        FileKind::Directory => "folder",
        FileKind::Symlink => "link",
        _ => "special file",
    }
}

fn changed(before: &FileFacts, after: &FileFacts, aspects: &[Aspect]) -> String {
    let sizes = match (before.kind, after.kind) {
        (FileKind::File, FileKind::File) if before.size != after.size => {
            Some(format!("{} → {}", format::size(before.size), format::size(after.size)))
        }
        (FileKind::File, FileKind::File) if aspects.contains(&Aspect::Content) => {
            Some(format::size(after.size))
        }
        (old, new) if old != new => Some(format!("{} → {}", word(old), word(new))),
        (kind, _) if aspects.contains(&Aspect::Content) => Some(word(kind).to_owned()),
        _ => None,
    };
    let others = aspects.iter().filter_map(|aspect| match aspect {
        Aspect::Mode => Some("mode".to_owned()),
        Aspect::Owner => Some("owner".to_owned()),
        Aspect::Attributes => Some("attributes".to_owned()),
        _ => None,
    });
    sizes.into_iter().chain(others).collect::<Vec<_>>().join(", ")
}

/// Returns a path, escaped for a terminal, with `…` in place of the middle if it is longer than
/// this many columns. The end gets more room than the beginning.
fn in_the_middle(path: &str, columns: usize) -> String {
    let shown: Vec<char> = Printable(path).to_string().chars().collect();
    if shown.len() <= columns {
        return shown.into_iter().collect();
    }
    let start = (columns - 1) / 3;
    let end = columns - 1 - start;
    let (start, end) = (&shown[..start], &shown[shown.len() - end..]);
    start.iter().chain(&['…']).chain(end).collect()
}

fn summary(differences: &Differences) -> String {
    let Differences { settings, layers, files, .. } = differences;
    let of = |change| layers.iter().filter(move |layer| layer.change == change);
    let bytes = of(LayerChange::Same).map(|layer| layer.size).sum();
    let same = of(LayerChange::Same).count();
    let same = format!("{} in both, {}", format::count(same, "layer"), format::size(bytes));
    if files.is_empty() && settings.is_empty() {
        return format!("no differences; {same}");
    }
    let count = |is: fn(&FileChange) -> bool| files.iter().filter(|file| is(&file.change)).count();
    format!(
        "{} added, {} removed, {} changed; {same}",
        format::count(count(|change| matches!(change, FileChange::Added { .. })), "file"),
        count(|change| matches!(change, FileChange::Removed { .. })),
        count(|change| matches!(change, FileChange::Changed { .. })),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_a_long_path_is_omitted() {
        assert_eq!(in_the_middle("etc/hosts", 9), "etc/hosts");
        assert_eq!(in_the_middle("etc/hosts", 8), "et…hosts");
        assert_eq!(in_the_middle("\u{1b}/a", 20), "\\u{1b}/a");
    }
}
