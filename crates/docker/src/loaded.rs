//! What an engine says that it has loaded.

use serde_json::Value;

/// What an engine says that it has loaded. Ask it whether that is true.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Loaded {
    /// The references, as the engine made them of the names in the archive.
    pub references: Vec<String>,
    /// The ids of images without a name.
    pub ids: Vec<String>,
    /// Everything that it said.
    pub messages: Vec<String>,
}

impl Loaded {
    /// Takes up a line of the answer.
    pub(crate) fn note(&mut self, line: &Value) {
        let Some(text) = line["stream"].as_str().or_else(|| line["status"].as_str()) else {
            return;
        };
        for message in text.lines().map(str::trim).filter(|message| !message.is_empty()) {
            if let Some(id) = message.strip_prefix("Loaded image ID:") {
                self.ids.push(id.trim().to_owned());
            } else if let Some(names) = message
                .strip_prefix("Loaded image:")
                .or_else(|| message.strip_prefix("Loaded image(s):"))
            {
                let names = names.split(',').map(|name| name.trim().to_owned());
                self.references.extend(names.filter(|name| !name.is_empty()));
            }
            self.messages.push(message.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Loaded;

    #[test]
    fn what_engines_say_is_read() {
        let mut loaded = Loaded::default();
        for stream in [
            "Loaded image: web:1\n",
            "Loaded image ID: sha256:0123\n",
            "Loaded image(s): localhost/a:1,docker.io/library/b:2",
        ] {
            loaded.note(&json!({ "stream": stream }));
        }
        loaded.note(&json!({"status": "Loading layer", "progressDetail": {}}));
        assert_eq!(loaded.references, ["web:1", "localhost/a:1", "docker.io/library/b:2"]);
        assert_eq!(loaded.ids, ["sha256:0123"]);
    }
}
