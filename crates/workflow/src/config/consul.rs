//! A config as Consul's key-value store reads it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::Value;

use crate::config::image_config::Config;

/// The default prefix of keys in Consul, that of the published interface.
pub const CONSUL_PREFIX: &str = "genvid/images/";

/// One key as `consul kv import` reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ConsulKey {
    /// The whole key.
    pub key: String,
    /// Nothing that Consul looks at.
    pub flags: u64,
    /// The value in base 64.
    pub value: String,
}

/// Returns a config as keys for `consul kv import`: `PREFIX/IMAGE/FIELD`, or `IMAGE/FIELD` without
/// a prefix.
#[must_use]
pub fn consul_keys(config: &Config, prefix: &str) -> Vec<ConsulKey> {
    let prefix = prefix.trim_matches('/');
    let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
    let mut keys = Vec::new();
    for (image, described) in config {
        // A config consists of fields with text, so that it always is an object.
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
