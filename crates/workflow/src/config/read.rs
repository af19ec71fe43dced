//! Reading of a published config.

use std::fmt;

use sealift_filename::{Printable, version_to_imagetag};
use serde::de::{DeserializeSeed as _, Deserializer, Error as _, MapAccess, Visitor};

use crate::config::image_config::{Config, ImageConfig};

/// The largest config that is read, in bytes.
pub const MAX_CONFIG_SIZE: usize = 16 << 20;

/// The highest integer that every JSON reader represents exactly.
const MAX_SEQUENCE: u64 = (1 << 53) - 1;

/// A config that was published.
///
/// A config is untrusted input. Each entry must agree with the path of its archive, and the path
/// cannot leave the place of the config. Unsupported fields are kept.
///
/// ```
/// use sealift_workflow::PublishedConfig;
///
/// let config = PublishedConfig::parse(b"{}")?;
/// assert_eq!((config.images.len(), config.sequence), (0, 0));
///
/// let error = PublishedConfig::parse(br#"{"web": {"path": "../web_1_0123456789ab.zip"}}"#);
/// assert!(error.unwrap_err().to_string().starts_with("its entry `web` cannot be used: "));
/// # Ok::<(), sealift_workflow::ParseConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PublishedConfig {
    /// The sequence number of the publication: the highest of all entries, or 0 if no entry has
    /// one.
    pub sequence: u64,
    /// The entries, keyed by image.
    pub images: Config,
}

/// The error for bytes that are not a valid config. The message is a clause about them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseConfigError {
    /// The bytes exceed the size limit of a config.
    #[error("it is larger than {} MiB", MAX_CONFIG_SIZE >> 20)]
    TooLarge,
    /// The bytes do not have the format that `sealift config` and `sealift publish` write.
    #[error("{0}")]
    Invalid(String),
}

impl PublishedConfig {
    /// Parses a config.
    ///
    /// # Errors
    ///
    /// Returns an error if it is too large, is not a JSON object keyed by image, or has an entry
    /// with a missing field or with a field that contradicts the path of its archive.
    pub fn parse(json: &[u8]) -> Result<Self, ParseConfigError> {
        if json.len() > MAX_CONFIG_SIZE {
            return Err(ParseConfigError::TooLarge);
        }
        let invalid = |error: serde_json::Error| ParseConfigError::Invalid(error.to_string());
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let images = Entries.deserialize(&mut deserializer).map_err(invalid)?;
        deserializer.end().map_err(invalid)?;
        let sequence = images.values().filter_map(|entry| entry.sequence).max().unwrap_or(0);
        if sequence > MAX_SEQUENCE {
            let reason = format!("its sequence {sequence} is larger than {MAX_SEQUENCE}");
            return Err(ParseConfigError::Invalid(reason));
        }
        Ok(Self { sequence, images })
    }

    /// Returns the JSON of the config, with the sequence number in every entry.
    ///
    /// # Errors
    ///
    /// Returns an error if it is larger than [`MAX_CONFIG_SIZE`].
    pub fn to_json(&self) -> Result<Vec<u8>, ParseConfigError> {
        let mut images = self.images.clone();
        for entry in images.values_mut() {
            entry.sequence = Some(self.sequence);
        }
        let mut json = serde_json::to_vec_pretty(&images)
            .map_err(|error| ParseConfigError::Invalid(error.to_string()))?;
        json.push(b'\n');
        if json.len() > MAX_CONFIG_SIZE {
            return Err(ParseConfigError::TooLarge);
        }
        Ok(json)
    }
}

/// A deserializer that reads the entries one by one, so that an error contains the name of its
/// entry.
struct Entries;

impl<'de> serde::de::DeserializeSeed<'de> for Entries {
    type Value = Config;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Config, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Entries {
    type Value = Config;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object keyed by image")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Config, A::Error> {
        let mut images = Config::new();
        while let Some(image) = map.next_key::<String>()? {
            let refused = |reason: &dyn fmt::Display| {
                let image = Printable(&image);
                A::Error::custom(format_args!("its entry `{image}` cannot be used: {reason}"))
            };
            let entry: ImageConfig = map.next_value().map_err(|error| refused(&error))?;
            if let Some(reason) = contradiction(&image, &entry) {
                return Err(refused(&reason));
            }
            if images.insert(image.clone(), entry).is_some() {
                return Err(refused(&"there is another entry with this name"));
            }
        }
        Ok(images)
    }
}

/// Returns a description of the first field that contradicts the path of the archive.
///
/// The path decides which file is fetched and under which name it is stored. Other readers use the
/// other fields, so all of them must agree.
fn contradiction(image: &str, entry: &ImageConfig) -> Option<String> {
    let (path, name) = (&entry.path, entry.path.name());
    let by_path = image_of(entry);
    let tag = version_to_imagetag(&by_path, name.version()).ok();
    let agrees = [
        ("key", by_path == image),
        ("image", entry.image == *name),
        ("id", entry.id == name.id()),
        ("tag", tag.as_ref() == Some(&entry.tag)),
        ("archfmt", entry.archfmt == name.format()),
        ("version", entry.version == name.to_version()),
        ("dirty", entry.dirty == name.is_dirty()),
    ];
    let (field, _) = agrees.into_iter().find(|(_, agrees)| !agrees)?;
    let path = path.to_string();
    Some(format!("its {field} does not match its path `{}`", Printable(&path)))
}

/// Returns the key of an image in a config.
fn image_of(entry: &ImageConfig) -> String {
    let repository = entry.path.repository();
    repository.map_or_else(|| entry.path.image().to_owned(), |image| image.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn entry() -> Value {
        json!({
            "id": "0123456789ab",
            "image": "web_1.0.0.7_0123456789ab.zip",
            "tag": "localhost:5000/web:1.0.0.7",
            "archfmt": "zip",
            "dirty": false,
            "url": "https://cdn.example.org/localhost%2B5000/web_1.0.0.7_0123456789ab.zip",
            "path": "localhost+5000/web_1.0.0.7_0123456789ab.zip",
            "version": "1.0.0.7",
            "digest": format!("sha256:0123456789ab{}", "0".repeat(52)),
            "size": 7,
            "sha256": "f".repeat(64),
            "platform": "linux/amd64",
            "sequence": 41,
            "later": {"a": [1]},
        })
    }

    fn parse(config: &Value) -> Result<PublishedConfig, String> {
        PublishedConfig::parse(config.to_string().as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_config_is_written_as_it_was_read() {
        let config = json!({ "localhost:5000/web": entry() });
        let mut read = parse(&config).unwrap();
        assert_eq!(read.sequence, 41);
        let written: Value = serde_json::from_slice(&read.to_json().unwrap()).unwrap();
        assert_eq!(written, config);
        read.sequence = 42;
        assert_eq!(PublishedConfig::parse(&read.to_json().unwrap()).unwrap().sequence, 42);
    }

    #[test]
    fn a_config_without_sequences_has_the_sequence_0() {
        let mut entry = entry();
        entry.as_object_mut().unwrap().remove("sequence");
        assert_eq!(parse(&json!({ "localhost:5000/web": entry })).unwrap().sequence, 0);
    }

    #[test]
    fn an_entry_that_contradicts_its_path_is_refused() {
        for (field, value) in [
            ("id", json!("0123456789ac")),
            ("image", json!("web_1.0.0.8_0123456789ab.zip")),
            ("tag", json!("localhost:5000/web:1.0.0.8")),
            ("archfmt", json!("docker")),
            ("version", json!("1.0.0.8")),
            ("dirty", json!(true)),
        ] {
            let mut entry = entry();
            entry[field] = value;
            let error = parse(&json!({ "localhost:5000/web": entry })).unwrap_err();
            let expected =
                format!("its entry `localhost:5000/web` cannot be used: its {field} does");
            assert!(error.starts_with(&expected), "{error}");
        }
        assert!(parse(&json!({ "web": entry() })).unwrap_err().contains("its key does not match"));
    }

    #[test]
    fn an_entry_that_cannot_be_read_is_refused_with_its_name() {
        for (field, value, reason) in [
            ("path", json!("../web_1.0.0.7_0123456789ab.zip"), "is not the path of an archive"),
            ("path", json!("/web_1.0.0.7_0123456789ab.zip"), "is not the path of an archive"),
            ("path", json!(".sealift/web_1.0.0.7_0123456789ab.zip"), "path of an archive"),
            ("sha256", json!("sha256:00"), "is not 64 lowercase hex digits"),
            ("size", json!(-1), "invalid value: integer `-1`"),
            ("size", json!(1e30), "invalid type: floating point"),
            ("digest", json!("md5:00"), "is not `sha256:`"),
            ("url", Value::Null, "invalid type: null"),
        ] {
            let mut entry = entry();
            entry[field] = value;
            let error = parse(&json!({ "localhost:5000/web": entry })).unwrap_err();
            assert!(error.contains("`localhost:5000/web`") && error.contains(reason), "{error}");
        }
        let error = parse(&json!({ "web": {} })).unwrap_err();
        assert!(error.contains("`web` cannot be used: missing field `id`"), "{error}");
    }

    #[test]
    fn input_that_is_not_a_config_is_refused() {
        for json in ["", "[]", "{} {}", "null", "{\"a\": 1}", "{\"a\": {}, \"a\": {}}"] {
            assert!(PublishedConfig::parse(json.as_bytes()).is_err(), "{json}");
        }
        let twice =
            format!("{{\"localhost:5000/web\": {0}, \"localhost:5000/web\": {0}}}", entry());
        let error = PublishedConfig::parse(twice.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("there is another entry with this name"), "{error}");
        let large = vec![b' '; MAX_CONFIG_SIZE + 1];
        assert_eq!(PublishedConfig::parse(&large), Err(ParseConfigError::TooLarge));
        let mut entry = entry();
        entry["sequence"] = json!(1_u64 << 53);
        assert!(parse(&json!({ "localhost:5000/web": entry })).unwrap_err().contains("sequence"));
    }
}
