//! The HTML of the page of an image.

use jiff::Timestamp;
use sealift_catalog::display::{count, size};
use sealift_filename::Printable;

use super::html::Html;
use super::image_page::{ArchiveDetails, ImagePage, Layers, VersionKind, encoded};
use super::layout::{ago, badge, column, command, date, page};

/// The number of archives that are shown; the rest is folded.
const UNFOLDED: usize = 10;

/// Returns the HTML of the page of an image.
pub(crate) fn image_html(shown: &ImagePage, now: Timestamp) -> String {
    let image = Printable(&shown.image).to_string();
    let json = format!("/index.json?image={}", encoded(&shown.image));
    page(&image, &shown.host, &json, |html| {
        html.element("nav", &[("class", "back"), ("aria-label", "Breadcrumb")], |html| {
            html.leaf("a", &[("href", "/")], "All images");
        });
        html.leaf("h1", &[], &image);
        let versions = count(shown.versions, "version");
        let (archives, all) = (count(shown.archives.len(), "archive"), size(shown.size));
        html.leaf("p", &[("class", "lead")], format!("{versions} in {archives}, {all}"));
        get(html, shown);
        html.leaf("h2", &[], "Versions");
        let (newest, older) = shown.archives.split_at(shown.archives.len().min(UNFOLDED));
        table(html, "The newest versions", newest, now);
        if !older.is_empty() {
            html.element("details", &[("class", "older")], |html| {
                html.leaf("summary", &[], count(older.len(), "older archive"));
                table(html, "Older versions", older, now);
            });
        }
    })
}

/// Writes the commands that pull or fetch the newest version.
fn get(html: &mut Html, shown: &ImagePage) {
    if shown.pull.is_none() && shown.fetch.is_none() {
        return;
    }
    html.element("section", &[("class", "get")], |html| {
        html.leaf("h2", &[], "Get the newest version");
        if let Some(pull) = &shown.pull {
            pull_commands(html, shown, pull);
        }
        if let Some(fetch) = &shown.fetch {
            html.leaf(
                "p",
                &[],
                "Or fetch the archive into a folder. Only missing blocks are transferred:",
            );
            let fetch = format!("sealift fetch {fetch} {}", shown.image);
            command(html, "Copy the sealift fetch command", &fetch);
        }
    });
}

fn pull_commands(html: &mut Html, shown: &ImagePage, pull: &str) {
    html.leaf("p", &[], "Pull the image into an engine:");
    command(html, "Copy the docker pull command", &format!("docker pull {pull}"));
    let verify = if shown.is_https { "" } else { "--tls-verify=false " };
    command(html, "Copy the podman pull command", &format!("podman pull {verify}{pull}"));
}

fn table(html: &mut Html, caption: &str, archives: &[ArchiveDetails], now: Timestamp) {
    html.element("table", &[("class", "versions")], |html| {
        html.leaf("caption", &[("class", "hidden")], caption);
        html.element("thead", &[], |html| {
            html.element("tr", &[], |html| {
                column(html, "", "Version");
                column(html, "number", "Size");
                column(html, "wide", "New layers");
                column(html, "number", "Saved");
            });
        });
        for archive in archives {
            html.element("tbody", &[], |html| {
                html.element("tr", &[("class", "summary")], |html| row(html, archive, now));
                html.element("tr", &[], |html| {
                    let cell = [("class", "more"), ("colspan", "4")];
                    html.element("td", &cell, |html| more(html, archive));
                });
            });
        }
    });
}

fn row(html: &mut Html, archive: &ArchiveDetails, now: Timestamp) {
    html.element("th", &[("scope", "row")], |html| {
        html.leaf("span", &[("class", "version")], Printable(&archive.version));
        if archive.latest {
            badge(html, "latest", "latest");
        }
        match archive.kind {
            VersionKind::Release => {}
            VersionKind::Dirty => badge(html, "dirty", "dirty"),
        }
        html.leaf("small", &[], archive.platform.as_deref().unwrap_or("unknown platform"));
    });
    html.leaf("td", &[("class", "number")], size(archive.size));
    html.element("td", &[("class", "wide new")], |html| match &archive.layers {
        Some(layers) => new_layers(html, layers),
        None => html.text("—"),
    });
    html.element("td", &[("class", "number")], |html| {
        ago(html, archive.saved, now);
        html.element("small", &[], |html| date(html, archive.saved));
    });
}

/// Writes the size of the layers that the previous version does not have, with a bar.
fn new_layers(html: &mut Html, layers: &Layers) {
    let Some(new) = &layers.new else {
        html.text(size(layers.size));
        html.leaf("small", &[], "first version");
        return;
    };
    html.text(format_args!("{} of {}", size(new.size), size(layers.size)));
    // At least 1 %, so that the bar is visible.
    let part = match (new.size, layers.size) {
        (0, _) | (_, 0) => 0,
        (new, all) => (u128::from(new) * 100 / u128::from(all)).max(1),
    };
    let picture = [
        ("class", "bar"),
        ("viewBox", "0 0 100 4"),
        ("preserveAspectRatio", "none"),
        ("aria-hidden", "true"),
    ];
    html.element("svg", &picture, |html| {
        html.leaf("rect", &[("class", "all"), ("width", "100"), ("height", "4")], "");
        html.leaf("rect", &[("class", "part"), ("width", &part.to_string()), ("height", "4")], "");
    });
}

/// Writes the commands and checksums of an archive.
fn more(html: &mut Html, archive: &ArchiveDetails) {
    html.element("details", &[], |html| {
        html.element("summary", &[], |html| {
            html.text("Commands and checksums");
            html.leaf(
                "span",
                &[("class", "hidden")],
                format!(" of {}", Printable(&archive.version)),
            );
        });
        if let Some(pull) = &archive.pull {
            let label = format!("Copy the pull command for {}", Printable(&archive.version));
            command(html, &label, &format!("docker pull {pull}"));
        }
        if let Some(url) = &archive.url {
            let label = format!("Copy the download command for {}", Printable(&archive.version));
            command(html, &label, &format!("curl -fO {url}"));
        }
        html.element("dl", &[], |html| {
            item(html, "Archive", |html| {
                let address = format!("/{}", encoded(archive.archive.as_str()));
                html.leaf(
                    "a",
                    &[("href", &address), ("download", "")],
                    Printable(archive.archive.as_str()),
                );
            });
            item(html, "Verified", |html| match archive.verified {
                Some(time) => {
                    html.text("every byte, while it was saved, on ");
                    date(html, time);
                }
                None => html.text("every byte, before it was served"),
            });
            if let Some(created) = archive.created {
                item(html, "Built", |html| date(html, created));
            }
            if let Some(layers) = &archive.layers {
                item(html, "Layers", |html| html.text(describe(layers)));
            }
            for (name, digest) in [
                ("Image id", archive.config),
                ("Manifest", archive.manifest),
                ("SHA-256 of the file", archive.sha256),
            ] {
                if let Some(digest) = digest {
                    let text =
                        if name.starts_with("SHA") { digest.hex() } else { digest.to_string() };
                    item(html, name, |html| html.leaf("code", &[], text));
                }
            }
        });
    });
}

fn describe(layers: &Layers) -> String {
    let all = format!("{}, {}", layers.count, size(layers.size));
    match &layers.new {
        None => all,
        Some(new) if new.count == 0 => format!("{all}; same as in {}", Printable(&new.since)),
        Some(new) => {
            format!("{all}; {} new since {}, {}", new.count, Printable(&new.since), size(new.size))
        }
    }
}

fn item(html: &mut Html, name: &str, value: impl FnOnce(&mut Html)) {
    html.leaf("dt", &[], name);
    html.element("dd", &[], value);
}
