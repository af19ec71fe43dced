//! Parsing of the query of the web page.

use percent_encoding::percent_decode_str;

/// The maximum length of a filter, in characters.
const MAX_QUERY: usize = 200;

/// The requested view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum View {
    /// All images, or those that a filter selects.
    Overview {
        /// The filter: words that the name of an image must contain.
        query: String,
        /// The number of the page, which starts at 1.
        page: usize,
    },
    /// One image.
    Image(String),
}

/// The format of a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Html,
    Json,
}

impl View {
    /// Parses the query of a URL. Unknown parameters are ignored.
    pub(crate) fn parse(query: Option<&str>) -> Self {
        let (mut filter, mut page) = (String::new(), 1);
        for (name, value) in
            query.unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='))
        {
            match name {
                "image" => return Self::Image(decode(value)),
                "q" => filter = decode(value).trim().chars().take(MAX_QUERY).collect(),
                "page" => page = value.parse().unwrap_or(1).max(1),
                _ => {}
            }
        }
        Self::Overview { query: filter, page }
    }
}

/// Decodes a value in the encoding of HTML forms.
fn decode(value: &str) -> String {
    let value = value.replace('+', " ");
    percent_decode_str(&value).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overview(query: &str, page: usize) -> View {
        View::Overview { query: query.to_owned(), page }
    }

    #[test]
    fn a_query_selects_images() {
        assert_eq!(View::parse(None), overview("", 1));
        assert_eq!(View::parse(Some("q=web")), overview("web", 1));
        assert_eq!(View::parse(Some("q=+team%2Fweb+api+&page=3")), overview("team/web api", 3));
        assert_eq!(View::parse(Some("page=0&q=%ff")), overview("\u{fffd}", 1));
        assert_eq!(View::parse(Some("page=-1&other=2&q")), overview("", 1));
        assert_eq!(View::parse(Some("image=team/api")), View::Image("team/api".to_owned()));
    }
}
