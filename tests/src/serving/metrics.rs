//! `/metrics`, parsed by the rules of Prometheus' text format.

use std::collections::BTreeMap;

use regex::Regex;

use crate::command::Place;
use crate::serving::{Serving, add};

/// Parses the text and asserts that it is well-formed. Returns the values by name and labels.
fn parse(text: &str) -> BTreeMap<String, f64> {
    let sample = Regex::new(
        r#"^([a-z_:][a-z0-9_:]*)((?:\{[a-z_]+="(?:[^"\\\n]|\\[\\n"])*"(?:,[a-z_]+="(?:[^"\\\n]|\\[\\n"])*")*\})?) ([^ ]+)$"#,
    )
    .unwrap();
    let (mut values, mut types) = (BTreeMap::new(), BTreeMap::new());
    let mut described = String::new();
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            described = help.split_once(' ').unwrap().0.to_owned();
        } else if let Some(of) = line.strip_prefix("# TYPE ") {
            let (name, metric_type) = of.split_once(' ').unwrap();
            assert_eq!(name, described, "the help is before the type");
            assert!(["counter", "gauge", "histogram"].contains(&metric_type), "{line}");
            assert!(types.insert(name.to_owned(), metric_type.to_owned()).is_none(), "{line}");
        } else {
            let parts = sample.captures(line).unwrap_or_else(|| panic!("{line}"));
            let value: f64 = parts[3].parse().unwrap();
            let name = &parts[1];
            // Samples follow their type without others between them.
            assert!(name.starts_with(&described), "{line}");
            match types[&described].as_str() {
                "histogram" => assert_ne!(name, described),
                of => {
                    assert_eq!(name, described);
                    assert_eq!(of == "counter", name.ends_with("_total"), "{line}");
                }
            }
            let sample = format!("{name}{}", &parts[2]);
            assert!(values.insert(sample, value).is_none(), "{line} is duplicated");
        }
    }
    values
}

#[test]
fn events_are_counted() {
    let place = Place::new();
    add(&place, "web:1.0.0.1", 1);
    place.put("web_1.0.0.2_0123456789ab.docker", b"no archive");
    let serving = Serving::start(&place);
    let manifest: serde_json::Value = serving.json("/v2/web/manifests/1.0.0.1");
    assert_eq!(serving.ask("HEAD", "/v2/web/manifests/1.0.0.1", "").status, 200);
    let config = manifest["config"]["digest"].as_str().unwrap();
    let config = serving.get(&format!("/v2/web/blobs/{config}"));
    assert_eq!(serving.get("/none").status, 404);
    serving.wait_for_error("web_1.0.0.2_0123456789ab.docker is left out");
    // A request is counted when the server has finished it, which can be after the client has read
    // the answer.
    let mut values = BTreeMap::new();
    while values.get("sealift_http_requests_total{kind=\"other\",code=\"404\"}") != Some(&1.0) {
        let answer = serving.get("/metrics");
        let content_type = answer.header("content-type");
        assert_eq!(content_type, Some("text/plain; version=0.0.4; charset=utf-8"));
        values = parse(answer.text());
    }
    for (sample, expected) in [
        ("sealift_archives{state=\"served\"}", 1.0),
        ("sealift_archives{state=\"refused\"}", 1.0),
        ("sealift_pulls_total", 1.0),
        ("sealift_http_requests_total{kind=\"manifest\",code=\"200\"}", 2.0),
        ("sealift_http_requests_total{kind=\"blob\",code=\"200\"}", 1.0),
        ("sealift_http_response_bytes_total{kind=\"blob\"}", config.body.len() as f64),
        ("sealift_http_request_duration_seconds_count{kind=\"manifest\"}", 2.0),
        ("sealift_http_request_duration_seconds_bucket{kind=\"manifest\",le=\"+Inf\"}", 2.0),
    ] {
        assert_eq!(values.get(sample), Some(&expected), "{sample} {values:?}");
    }
    let buckets = values.iter().filter(|(name, _)| name.contains("_bucket{kind=\"manifest\""));
    assert!(buckets.count() > 5);
}
