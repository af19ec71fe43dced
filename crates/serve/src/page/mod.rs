//! The web page, and its data as JSON.
//!
//! [`Overview`](overview::Overview) and [`ImagePage`](image_page::ImagePage) contain the data. They
//! serialize as JSON, and a pure function creates the HTML of each. The HTML loads no other
//! resources and works without its script, which only copies commands.

mod html;
mod image_page;
mod image_view;
mod layout;
mod overview;
mod overview_view;
pub(crate) mod policy;
#[cfg(test)]
mod samples;
pub(crate) mod view;

use jiff::Timestamp;
use serde::Serialize;

use self::image_page::ImagePage;
use self::image_view::image_html;
use self::overview::Overview;
use self::overview_view::overview_html;
use self::view::{Form, View};
use crate::folder::Folder;
use crate::images::Images;

/// Returns a page as HTML or JSON; `None` if the image does not exist. Reads files and blocks.
pub(crate) fn written(
    view: &View,
    form: Form,
    images: &Images,
    folder: &Folder,
    base_url: &str,
) -> Option<Vec<u8>> {
    let now = Timestamp::now();
    let text = match view {
        View::Overview { query, page } => {
            let host = base_url.split_once("://").map_or("", |(_, host)| host);
            let overview = Overview::new(images, &folder.withheld(), host, query, *page);
            match form {
                Form::Html => overview_html(&overview, now),
                Form::Json => json(&overview),
            }
        }
        View::Image(name) => {
            let parts = |entry: &_| folder.contents.parts(entry).ok();
            let image = ImagePage::new(images, name, base_url, parts)?;
            match form {
                Form::Html => image_html(&image, now),
                Form::Json => json(&image),
            }
        }
    };
    Some(text.into_bytes())
}

fn json(shown: &impl Serialize) -> String {
    // Strings and numbers always serialize.
    serde_json::to_string_pretty(shown).unwrap_or_default() + "\n"
}
