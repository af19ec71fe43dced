use sealift_catalog::{LatestOptions, PlanOptions, Snapshot, passed_over, plan};

use crate::entries::{entry, identity, unread, wanted};

#[test]
fn an_entry_has_the_fields_of_a_list() {
    let known = entry("team/web", "1.0.0.0", &identity(1, "arm64"), "zip");
    insta::assert_json_snapshot!([known, unread("web_1.0_0123456789ab.docker")], @r#"
    [
      {
        "image": "team/web",
        "version": "1.0.0.0",
        "id": "b20a85938593",
        "digest": "sha256:b20a85938593daff0ccd64bb8aff8a3b347541c3f46829e6b847852a1ccad475",
        "archive": "team/web_1.0.0.0_b20a85938593.zip",
        "format": "zip",
        "size": 1,
        "modified": "2026-03-01T00:00:00.5Z",
        "dirty": true,
        "platform": "linux/arm64",
        "state": "whole"
      },
      {
        "image": "web",
        "version": "1.0",
        "id": "0123456789ab",
        "digest": null,
        "archive": "web_1.0_0123456789ab.docker",
        "format": "docker",
        "size": 1,
        "modified": "2026-03-01T00:00:00.5Z",
        "dirty": false,
        "platform": null,
        "state": "unread"
      }
    ]
    "#);
}

#[test]
fn a_passed_over_archive_has_a_verdict_and_a_reason() {
    let mut misnamed = entry("web", "2.0", &identity(1, "amd64"), "docker");
    misnamed.archive = "web_2.0_0123456789ab.docker".parse().unwrap();
    let entries = [misnamed, entry("web", "1.0", &identity(1, "amd64"), "zip")];
    insta::assert_json_snapshot!(passed_over(&entries, &LatestOptions::default()), @r#"
    [
      {
        "archive": "web_2.0_0123456789ab.docker",
        "verdict": "misnamed",
        "reason": "the image in it has the id 317c8f756f53",
        "instead": "web_1.0_317c8f756f53.zip"
      }
    ]
    "#);
}

#[test]
fn a_plan_has_items_and_removals() {
    let entries = [("1.0", 1), ("1.1", 2)]
        .map(|(version, seed)| entry("web", version, &identity(seed, "amd64"), "zip"));
    let images = [wanted("web", "1.0", &identity(1, "amd64"))];
    let options = PlanOptions::default().with_clean(true);
    insta::assert_json_snapshot!(plan(&Snapshot::new(entries.to_vec()), &images, &options), @r#"
    {
      "items": [
        {
          "image": "web",
          "version": "1.0",
          "platform": "linux/amd64",
          "action": "keep",
          "archive": "web_1.0_317c8f756f53.zip"
        }
      ],
      "remove": [
        {
          "archive": "web_1.1_051d26888c31.zip",
          "size": 1,
          "newer": true
        }
      ]
    }
    "#);
}
