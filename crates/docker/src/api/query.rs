//! The query of a request.

use std::fmt::Write as _;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The part of a request's target after its path: `?name=value&…`.
#[derive(Debug, Default)]
pub(crate) struct Query(String);

impl Query {
    pub(crate) fn add(&mut self, name: &str, value: &str) -> &mut Self {
        let separator = if self.0.is_empty() { '?' } else { '&' };
        let value = utf8_percent_encode(value, NON_ALPHANUMERIC);
        // Writing to a string cannot fail.
        let _ = write!(self.0, "{separator}{name}={value}");
        self
    }

    pub(crate) fn add_some(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.add(name, value),
            None => self,
        }
    }

    pub(crate) fn add_flag(&mut self, name: &str, value: bool) -> &mut Self {
        self.add(name, if value { "1" } else { "0" })
    }

    /// Appends the query to a path.
    pub(crate) fn on(&self, path: &str) -> String {
        format!("{path}{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Query;

    #[test]
    fn values_are_escaped() {
        let mut query = Query::default();
        query.add("t", "web:1 a&b").add_flag("rm", true).add_some("target", None);
        assert_eq!(query.on("/build"), "/build?t=web%3A1%20a%26b&rm=1");
        assert_eq!(Query::default().on("/x"), "/x");
    }
}
