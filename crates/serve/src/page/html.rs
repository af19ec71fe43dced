//! A writer of HTML that escapes all text and attribute values.

use std::fmt::{self, Display, Write as _};

/// A part of an HTML document. Only names of elements and attributes, and constants of the program
/// are not escaped.
#[derive(Debug, Default)]
pub(super) struct Html(String);

/// Names and values of attributes.
pub(super) type Attributes<'a> = &'a [(&'static str, &'a str)];

impl Html {
    /// Writes an element with content.
    pub(super) fn element(
        &mut self,
        name: &'static str,
        attributes: Attributes<'_>,
        content: impl FnOnce(&mut Self),
    ) {
        self.void(name, attributes);
        content(self);
        self.constant("</");
        self.constant(name);
        self.constant(">");
    }

    /// Writes an element that contains only text.
    pub(super) fn leaf(
        &mut self,
        name: &'static str,
        attributes: Attributes<'_>,
        text: impl Display,
    ) {
        self.element(name, attributes, |html| html.text(text));
    }

    /// Writes an element without content and end tag.
    pub(super) fn void(&mut self, name: &'static str, attributes: Attributes<'_>) {
        self.constant("<");
        self.constant(name);
        for (name, value) in attributes {
            self.constant(" ");
            self.constant(name);
            if !value.is_empty() {
                self.constant("=\"");
                self.text(value);
                self.constant("\"");
            }
        }
        self.constant(">");
    }

    /// Writes text, escaped.
    pub(super) fn text(&mut self, text: impl Display) {
        // Writing to a string cannot fail.
        let _ = write!(Escape(&mut self.0), "{text}");
    }

    /// Writes a constant of the program, not escaped.
    pub(super) fn constant(&mut self, html: &'static str) {
        self.0 += html;
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }
}

/// A writer that escapes the special characters of text and of quoted values.
struct Escape<'a>(&'a mut String);

impl fmt::Write for Escape<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                other => self.0.push(other),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_and_values_are_escaped() {
        let mut html = Html::default();
        html.element("a", &[("href", "?q=\"'&"), ("hidden", "")], |html| {
            html.text("<script>alert('&')</script>");
            html.void("br", &[]);
        });
        assert_eq!(
            html.into_string(),
            "<a href=\"?q=&quot;&#39;&amp;\" hidden>&lt;script&gt;alert(&#39;&amp;&#39;)\
             &lt;/script&gt;<br></a>"
        );
    }

    proptest! {
        #[test]
        fn no_text_can_end_a_value_or_begin_an_element(text in ".*") {
            let mut html = Html::default();
            html.text(&text);
            let html = html.into_string();
            prop_assert!(!html.contains(['<', '>', '"', '\'']));
            let back = html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
            prop_assert_eq!(back.replace("&#39;", "'").replace("&amp;", "&"), text);
        }
    }
}
