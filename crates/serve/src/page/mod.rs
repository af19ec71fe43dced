//! The page for people, and the same data as JSON.
//!
//! [`Overview`](overview::Overview) and [`ImagePage`](image_page::ImagePage) are what is shown.
//! They serialize as the JSON, and a pure function makes the HTML of each. The HTML needs no other
//! resource, and no script: the one in it only copies commands.

mod html;
pub(crate) mod image_page;
mod image_view;
mod layout;
pub(crate) mod overview;
mod overview_view;
pub(crate) mod policy;
#[cfg(test)]
mod samples;
mod units;
pub(crate) mod view;

pub(crate) use image_view::image_html;
pub(crate) use overview_view::overview_html;

/// The version of the JSON. It changes if a field changes its meaning or is removed.
const FORMAT: u32 = 1;
