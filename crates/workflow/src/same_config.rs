//! Comparison of the settings that an engine reports with those in an archive.

use serde_json::Value;

/// The settings that every engine reports unchanged from the image's config.
const KEYS: &[&str] = &[
    "Cmd",
    "Entrypoint",
    "Env",
    "ExposedPorts",
    "Healthcheck",
    "Labels",
    "OnBuild",
    "Shell",
    "StopSignal",
    "User",
    "Volumes",
    "WorkingDir",
];

/// Returns `true` if the settings and the time of creation that an engine reports are those of a
/// config.
///
/// Together with the layers, these are all properties of an image that engines report. Engines
/// represent unset values differently: as missing, null or empty. These count as equal.
pub(crate) fn shows_the_same(
    shown: &Value,
    shown_created: Option<&str>,
    settings: &Value,
    created: Option<&str>,
) -> bool {
    let mut keys = KEYS.iter().copied();
    keys.all(|key| is_same_setting(&shown[key], &settings[key]))
        && is_same_time(shown_created, created)
}

fn is_same_setting(left: &Value, right: &Value) -> bool {
    left == right || (is_unset(left) && is_unset(right))
}

fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(values) => values.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Compares two points in time. Engines write them with different precision and time zones.
fn is_same_time(left: Option<&str>, right: Option<&str>) -> bool {
    let moment = |text: Option<&str>| text.map(str::parse::<jiff::Timestamp>);
    match (moment(left), moment(right)) {
        (Some(Ok(left)), Some(Ok(right))) => left == right,
        // A missing or invalid time is not a difference.
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use test_case::test_case;

    use super::shows_the_same;

    #[test_case(&json!({"Cmd": ["a"]}), &json!({"Cmd": ["a"]}) => true; "the same")]
    #[test_case(&json!({"Cmd": ["a"], "Labels": null}), &json!({"Cmd": ["a"], "User": ""}) => true; "unset in different ways")]
    #[test_case(&json!({"Hostname": "x"}), &json!({}) => true; "a setting of one engine only")]
    #[test_case(&json!({"Cmd": ["a"]}), &json!({"Cmd": ["b"]}) => false; "another command")]
    #[test_case(&json!({"Env": ["A=1"]}), &json!({}) => false; "an additional variable")]
    #[test_case(&json!({}), &json!({"Labels": {"a": "b"}}) => false; "a missing label")]
    fn settings_are_compared_as_engines_write_them(
        shown: &serde_json::Value,
        settings: &serde_json::Value,
    ) -> bool {
        shows_the_same(shown, None, settings, None)
    }

    #[test_case(Some("2026-01-02T03:04:05Z"), Some("2026-01-02T04:04:05+01:00") => true; "in another zone")]
    #[test_case(Some("2026-01-02T03:04:05Z"), Some("2026-01-02T03:04:05.5Z") => false; "half a second later")]
    #[test_case(None, Some("2026-01-02T03:04:05Z") => true; "not shown")]
    fn times_are_compared_as_moments(shown: Option<&str>, created: Option<&str>) -> bool {
        shows_the_same(&json!({}), shown, &json!({}), created)
    }
}
