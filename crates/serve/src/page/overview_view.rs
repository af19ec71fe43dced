//! The HTML of the page at `/`.

use jiff::Timestamp;
use sealift_catalog::display::{count, size};
use sealift_filename::Printable;

use super::html::Html;
use super::image_page::{VersionKind, encoded};
use super::layout::{ago, badge, column, copy_button, page};
use super::overview::{ImageSummary, Overview};

/// Returns the HTML of the page at `/`.
pub(crate) fn overview_html(overview: &Overview, now: Timestamp) -> String {
    let json = format!("/index.json?{}page={}", filtered(overview), overview.page);
    page("Images", &overview.host, &json, |html| {
        html.leaf("h1", &[], "Images");
        html.leaf("p", &[("class", "lead")], lead(overview));
        if overview.folder.archives == 0 {
            empty(html, overview);
        } else {
            filter(html, overview);
            match overview.found {
                0 => nothing_found(html, overview),
                _ => table(html, overview, now),
            }
            pages(html, overview);
        }
        withheld(html, overview);
    })
}

fn lead(overview: &Overview) -> String {
    let folder = &overview.folder;
    if folder.archives == 0 {
        return "No archives are served yet".to_owned();
    }
    let (images, archives) = (count(folder.images, "image"), count(folder.archives, "archive"));
    format!("{images} in {archives}, {}", size(folder.size))
}

fn empty(html: &mut Html, overview: &Overview) {
    html.element("section", &[("class", "note")], |html| match overview.folder.waiting {
        0 => {
            html.leaf("h2", &[], "No images yet");
            html.leaf("p", &[], "On the server, save an image into the folder:");
            html.leaf("pre", &[], "sealift update web:1.4.0.7");
            html.leaf("p", &[], "Or import an archive made by another tool:");
            html.leaf("pre", &[], "sealift add web.tar");
            html.leaf("p", &[], "It appears here within two seconds.");
        }
        waiting => {
            html.leaf("h2", &[], "No images yet");
            let archives = count(waiting, "archive");
            let text = format!("{archives} will appear here after verification.");
            html.leaf("p", &[], text);
        }
    });
}

fn filter(html: &mut Html, overview: &Overview) {
    let form = [("class", "filter"), ("action", "/"), ("role", "search")];
    html.element("form", &form, |html| {
        html.leaf("label", &[("for", "q")], "Filter by name");
        let field = [("id", "q"), ("name", "q"), ("type", "search"), ("value", &overview.query)];
        let more = [("autocomplete", "off"), ("autocapitalize", "none"), ("spellcheck", "false")];
        html.void("input", &[field, [more[0], more[1], more[2], ("maxlength", "200")]].concat());
        html.leaf("button", &[], "Filter");
        if !overview.query.is_empty() {
            html.leaf("a", &[("href", "/")], "Show all");
        }
    });
}

fn nothing_found(html: &mut Html, overview: &Overview) {
    html.element("section", &[("class", "note")], |html| {
        html.leaf("h2", &[], "No matching images");
        html.element("p", &[], |html| {
            html.text("No image name contains “");
            html.leaf("bdi", &[], Printable(&overview.query));
            html.text("”.");
        });
    });
}

fn table(html: &mut Html, overview: &Overview, now: Timestamp) {
    html.element("table", &[("class", "images")], |html| {
        let caption = match overview.query.is_empty() {
            true => "Images by name, each with its newest release".to_owned(),
            false => count(overview.found, "image") + " found",
        };
        let class = if overview.query.is_empty() { "hidden" } else { "" };
        html.leaf("caption", &[("class", class)], caption);
        html.element("thead", &[], |html| {
            html.element("tr", &[], |html| {
                column(html, "", "Image");
                column(html, "", "Newest");
                column(html, "number wide", "Size");
                column(html, "wide", "Pull");
            });
        });
        html.element("tbody", &[], |html| {
            for image in &overview.images {
                html.element("tr", &[], |html| row(html, image, now));
            }
        });
    });
}

fn row(html: &mut Html, image: &ImageSummary, now: Timestamp) {
    html.element("th", &[("scope", "row")], |html| {
        let address = format!("/?image={}", encoded(&image.image));
        html.leaf("a", &[("href", &address)], Printable(&image.image));
        let platforms = image.platforms.join(", ");
        let versions = count(image.versions, "version");
        html.leaf("small", &[], format!("{versions} · {platforms}"));
    });
    html.element("td", &[], |html| {
        html.leaf("span", &[("class", "version")], Printable(&image.version));
        if image.kind == VersionKind::Dirty {
            badge(html, "dirty", "dirty");
        }
        html.element("small", &[], |html| ago(html, image.saved, now));
    });
    html.element("td", &[("class", "number wide")], |html| {
        html.text(size(image.size));
        if image.archives > 1 {
            html.leaf("small", &[], format!("{} in total", size(image.total_size)));
        }
    });
    html.element("td", &[("class", "wide")], |html| match &image.pull {
        Some(pull) => html.element("div", &[("class", "pull")], |html| {
            html.leaf("code", &[], pull);
            let label = format!("Copy the pull command for {}", Printable(&image.image));
            copy_button(html, &label, &format!("docker pull {pull}"));
        }),
        None => html.text("—"),
    });
}

/// Returns the filter as the beginning of a query string.
fn filtered(overview: &Overview) -> String {
    match overview.query.as_str() {
        "" => String::new(),
        query => format!("q={}&", encoded(query)),
    }
}

fn pages(html: &mut Html, overview: &Overview) {
    if overview.pages < 2 {
        return;
    }
    html.element("nav", &[("class", "pages"), ("aria-label", "Pages")], |html| {
        let query = filtered(overview);
        let address = |page: usize| format!("/?{query}page={page}");
        if overview.page > 1 {
            html.leaf("a", &[("href", &address(overview.page - 1)), ("rel", "prev")], "Previous");
        }
        html.leaf("span", &[], format!("Page {} of {}", overview.page, overview.pages));
        if overview.page < overview.pages {
            html.leaf("a", &[("href", &address(overview.page + 1)), ("rel", "next")], "Next");
        }
    });
}

/// Writes the lists of archives that are not served.
fn withheld(html: &mut Html, overview: &Overview) {
    let folder = &overview.folder;
    if folder.refused > 0 {
        html.element("section", &[("class", "withheld")], |html| {
            let heading = format!("{} not served", count(folder.refused, "archive"));
            html.leaf("h2", &[], heading);
            html.element("dl", &[], |html| {
                for refused in &overview.refused {
                    html.leaf("dt", &[], Printable(&refused.archive));
                    html.leaf("dd", &[], Printable(&refused.reason));
                }
            });
            rest(html, folder.refused - overview.refused.len());
        });
    }
    if folder.waiting > 0 {
        html.element("section", &[("class", "withheld")], |html| {
            let heading = format!("{} waiting for verification", count(folder.waiting, "archive"));
            html.leaf("h2", &[], heading);
            html.element("ul", &[], |html| {
                for archive in &overview.waiting {
                    html.leaf("li", &[], Printable(archive));
                }
            });
            rest(html, folder.waiting - overview.waiting.len());
        });
    }
}

fn rest(html: &mut Html, more: usize) {
    if more > 0 {
        html.leaf("p", &[], format!("… and {more} more."));
    }
}
