//! The common parts of all pages.

use jiff::Timestamp;
use sealift_catalog::display::age;

use super::html::Html;

/// The style of the pages.
pub(super) const STYLE: &str = include_str!("page.css");

/// The script that enables the buttons that copy commands.
pub(super) const SCRIPT: &str = include_str!("page.js");

/// The icon of the page: a ship with containers.
const ICON: &str = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'>\
    <rect width='32' height='32' rx='7' fill='%230b6570'/><path d='M8 8h7v7H8zm9 0h7v7h-7z' fill='%23fff' \
    fill-opacity='.75'/><path d='M4 18h24l-3.5 7h-17z' fill='%23fff'/></svg>";

/// The same ship, in the header of the page.
const LOGO: &str = "<svg class=logo viewBox=\"0 0 32 32\" width=28 height=28 aria-hidden=true>\
    <rect width=32 height=32 rx=7 /><path class=cargo d=\"M8 8h7v7H8zm9 0h7v7h-7z\"/>\
    <path class=hull d=\"M4 18h24l-3.5 7h-17z\"/></svg>";

/// Returns a page. `json` is the URL of its data.
pub(super) fn page(title: &str, host: &str, json: &str, main: impl FnOnce(&mut Html)) -> String {
    let mut html = Html::default();
    html.constant("<!doctype html>\n");
    html.element("html", &[("lang", "en")], |html| {
        html.element("head", &[], |html| head(html, title, host));
        html.element("body", &[], |html| {
            html.leaf("a", &[("class", "skip"), ("href", "#main")], "Skip to content");
            html.element("header", &[("class", "top")], |html| {
                html.element("a", &[("class", "home"), ("href", "/")], |html| {
                    html.constant(LOGO);
                    html.leaf("span", &[], "sealift");
                });
                html.leaf("span", &[("class", "host")], host);
            });
            html.element("main", &[("id", "main")], main);
            html.element("footer", &[], |html| {
                html.text("Only verified archives are served. Data of this page: ");
                html.leaf("a", &[("href", json)], "JSON");
                html.text(" · ");
                html.leaf("a", &[("href", "/images.json")], "config");
                html.text(" · ");
                html.leaf("a", &[("href", "/SHA256SUMS")], "checksums");
            });
            html.leaf("p", &[("class", "hidden"), ("role", "status"), ("id", "status")], "");
            html.element("script", &[], |html| html.constant(SCRIPT));
        });
    });
    html.into_string()
}

fn head(html: &mut Html, title: &str, host: &str) {
    html.void("meta", &[("charset", "utf-8")]);
    let fits = "width=device-width, initial-scale=1";
    html.void("meta", &[("name", "viewport"), ("content", fits)]);
    html.void("meta", &[("name", "color-scheme"), ("content", "light dark")]);
    html.element("title", &[], |html| {
        html.text(title);
        html.text(if host.is_empty() { "" } else { " · " });
        html.text(host);
    });
    html.void("link", &[("rel", "icon"), ("href", ICON)]);
    html.element("style", &[], |html| html.constant(STYLE));
}

/// Writes a command that can be copied.
pub(super) fn command(html: &mut Html, label: &str, command: &str) {
    html.element("div", &[("class", "command")], |html| {
        html.leaf("code", &[], command);
        copy_button(html, label, command);
    });
}

/// Writes a button that copies a command. It is hidden until the script shows it.
pub(super) fn copy_button(html: &mut Html, label: &str, command: &str) {
    let attributes =
        [("type", "button"), ("data-copy", command), ("aria-label", label), ("hidden", "")];
    html.leaf("button", &attributes, "Copy");
}

/// Writes the age of something.
pub(super) fn ago(html: &mut Html, then: Timestamp, now: Timestamp) {
    let (machine, title) = (then.to_string(), then.strftime("%Y-%m-%d %H:%M UTC").to_string());
    html.leaf("time", &[("datetime", &machine), ("title", &title)], age(then, now));
}

/// Writes the day of a time in UTC: `2026-11-24`.
pub(super) fn date(html: &mut Html, time: Timestamp) {
    let day = time.strftime("%Y-%m-%d").to_string();
    html.leaf("time", &[("datetime", &time.to_string())], day);
}

/// Writes a badge.
pub(super) fn badge(html: &mut Html, class: &str, text: &str) {
    html.text(" ");
    html.leaf("span", &[("class", &format!("badge {class}"))], text);
}

/// Writes a header cell of a table.
pub(super) fn column(html: &mut Html, class: &str, text: &str) {
    match class {
        "" => html.leaf("th", &[("scope", "col")], text),
        class => html.leaf("th", &[("scope", "col"), ("class", class)], text),
    }
}
