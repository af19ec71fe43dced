//! The form of a config for Consul's key-value store.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::Value;

use crate::config::image_config::Config;

/// The default prefix of keys in Consul. Existing clusters read their configs below it.
pub const CONSUL_PREFIX: &str = "genvid/images/";

/// A key in the format of `consul kv import`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ConsulKey {
    /// The key, including the prefix.
    pub key: String,
    /// Flags of the key. Always 0.
    pub flags: u64,
    /// The value, encoded as Base64.
    pub value: String,
}

/// Returns a config as keys for `consul kv import`. The keys are `PREFIX/IMAGE/FIELD`, or
/// `IMAGE/FIELD` if the prefix is empty.
#[must_use]
pub fn consul_keys(config: &Config, prefix: &str) -> Vec<ConsulKey> {
    let prefix = prefix.trim_matches('/');
    let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
    let mut keys = Vec::new();
    for (image, described) in config {
        // An entry serializes as an object, because it is a struct with named fields.
        let Ok(Value::Object(fields)) = serde_json::to_value(described) else { continue };
        for (field, value) in fields {
            let text = match value {
                Value::String(text) => text,
                other => other.to_string(),
            };
            keys.push(ConsulKey {
                key: format!("{prefix}{image}/{field}"),
                flags: 0,
                value: STANDARD.encode(text),
            });
        }
    }
    keys
}
