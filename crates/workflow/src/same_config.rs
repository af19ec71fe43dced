//! An image's settings as an engine shows them, against those in an archive.

use serde_json::Value;

/// The settings that every engine shows as they stand in the image's config file.
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

/// Returns `true` if an engine shows an image with these settings and this time of creation, which
/// its config file has.
///
/// Together with the same layers in the same order it is all that an engine shows of an image.
/// Engines write what is not set in different ways: not at all, as null, or empty.
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

/// Compares moments, as engines write them with more or fewer digits and zones.
fn is_same_time(left: Option<&str>, right: Option<&str>) -> bool {
    let moment = |text: Option<&str>| text.map(str::parse::<jiff::Timestamp>);
    match (moment(left), moment(right)) {
        (Some(Ok(left)), Some(Ok(right))) => left == right,
        // What is not shown, or is no time, decides nothing.
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
    #[test_case(&json!({"Hostname": "x"}), &json!({}) => true; "what only one engine shows")]
    #[test_case(&json!({"Cmd": ["a"]}), &json!({"Cmd": ["b"]}) => false; "another command")]
    #[test_case(&json!({"Env": ["A=1"]}), &json!({}) => false; "more variables")]
    #[test_case(&json!({}), &json!({"Labels": {"a": "b"}}) => false; "a label less")]
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
