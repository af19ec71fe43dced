//! The JSON form of errors.

use std::error::Error as _;

use sealift_archive::Fault;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::error::Error;

impl Error {
    /// Returns the messages of the causes, outermost first. Causes whose text is already part of
    /// the message before them are left out.
    pub fn causes(&self) -> Vec<String> {
        let mut causes = Vec::new();
        let mut shown = self.to_string();
        let mut next = self.source();
        while let Some(cause) = next {
            let text = text_of(cause);
            if !shown.contains(&text) {
                causes.push(text.clone());
                shown = text;
            }
            next = cause.source();
        }
        causes
    }
}

/// Returns the message of a cause. The message of a fault does not repeat the name of its archive,
/// because the message before it contains the name.
fn text_of(cause: &(dyn std::error::Error + 'static)) -> String {
    let boxed = cause.downcast_ref::<Box<Fault>>().map(AsRef::as_ref);
    match cause.downcast_ref::<Fault>().or(boxed) {
        Some(fault) => fault.reason().to_string(),
        None => cause.to_string(),
    }
}

/// Serializes as `{code, message, causes}`, with the [kind](Error::kind) as the code.
impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut document = serializer.serialize_struct("Error", 3)?;
        document.serialize_field("code", &self.kind())?;
        document.serialize_field("message", &self.to_string())?;
        document.serialize_field("causes", &self.causes())?;
        document.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_error_is_described_by_its_kind_its_message_and_its_causes() {
        let source = std::io::Error::other("no space left");
        let error = Error::Output(source);
        let document = json!({
            "code": "failed",
            "message": "cannot write the archive to the output",
            "causes": ["no space left"],
        });
        assert_eq!(serde_json::to_value(&error).unwrap(), document);
        assert_eq!(json!(Error::Interrupted)["code"], "interrupted");
    }
}
