//! The messages of an engine after a load.

use serde_json::Value;

use crate::failure::Failure;

/// The maximum number of messages that are kept.
const MESSAGES: usize = 1000;

/// The messages of an engine after a load. [Inspect](crate::Engine::inspect) the image to be sure.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
#[non_exhaustive]
pub struct Loaded {
    /// The references of the loaded images, in the form that the engine gave them.
    pub references: Vec<String>,
    /// The ids of loaded images without a name.
    pub ids: Vec<String>,
    /// The lines that the engine reported, up to a thousand.
    pub messages: Vec<String>,
}

impl Loaded {
    /// Adds a line of the answer.
    pub(crate) fn note(&mut self, line: &Value) -> Result<(), Failure> {
        let Some(text) = line["stream"].as_str().or_else(|| line["status"].as_str()) else {
            return Ok(());
        };
        for message in text.lines().map(str::trim).filter(|message| !message.is_empty()) {
            // Some engines report this error as an ordinary line, without an error field.
            if message.starts_with("Error unpacking image") {
                return Err(Failure::Reported { message: message.to_owned() });
            }
            let named = message
                .strip_prefix("Loaded image ID:")
                .or_else(|| message.strip_prefix("Loaded image:"))
                .or_else(|| message.strip_prefix("Loaded image(s):"));
            // Podman prints all names of an image in one line, and its id if it has none.
            for name in named.unwrap_or_default().split(',').map(str::trim) {
                match name {
                    "" => {}
                    _ if self.references.len() + self.ids.len() >= MESSAGES => {}
                    id if id.starts_with("sha256:") => self.ids.push(id.to_owned()),
                    name => self.references.push(name.to_owned()),
                }
            }
            if self.messages.len() < MESSAGES {
                self.messages.push(message.to_owned());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Loaded;

    #[test]
    fn messages_of_all_engines_are_parsed() {
        let mut loaded = Loaded::default();
        for stream in [
            "Loaded image: web:1\n",
            "Loaded image ID: sha256:0123\n",
            "Loaded image: localhost/a:1,docker.io/library/b:2",
            "Loaded image(s): localhost/c:1",
            "Loaded image: sha256:4567",
        ] {
            loaded.note(&json!({ "stream": stream })).unwrap();
        }
        loaded.note(&json!({"status": "Loading layer", "progressDetail": {}})).unwrap();
        let references = ["web:1", "localhost/a:1", "docker.io/library/b:2", "localhost/c:1"];
        assert_eq!(loaded.references, references);
        assert_eq!(loaded.ids, ["sha256:0123", "sha256:4567"]);
        assert_eq!(loaded.messages.len(), 6);
    }

    #[test]
    fn the_number_of_messages_that_are_kept_is_limited() {
        let mut loaded = Loaded::default();
        for _ in 0..1500 {
            loaded.note(&json!({"stream": "Loaded image: a:1,sha256:0123\n"})).unwrap();
        }
        assert_eq!(
            (loaded.references.len(), loaded.ids.len(), loaded.messages.len()),
            (500, 500, 1000)
        );
    }

    #[test]
    fn an_image_that_was_not_unpacked_is_an_error() {
        let words = "Error unpacking image web:1: no space left on device";
        let failure =
            Loaded::default().note(&json!({ "stream": format!("{words}\n") })).unwrap_err();
        assert_eq!(failure.engine_message(), Some(words));
    }
}
