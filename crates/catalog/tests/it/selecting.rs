use sealift_archive::Fault;
use sealift_catalog::{Entry, Knowledge, LatestOptions, Query, SelectError, Selected, select};
use sealift_filename::Repository;

use crate::entries::{entry, identity, platform, unread};

fn query(image: &str, version: Option<&str>) -> Query {
    Query::new(Repository::parse(image).unwrap(), version.map(Into::into))
}

/// Returns the selected path, or the error message.
fn selected(entries: &[Entry], query: &Query) -> String {
    match select("s3://bucket", entries, query) {
        Ok(Selected::Found(found)) => found.entry.archive.to_string(),
        Ok(Selected::Unread(unread)) => {
            let unread: Vec<&str> = unread.iter().map(|archive| archive.as_str()).collect();
            format!("read {}", unread.join(", "))
        }
        Err(error) => error.to_string(),
    }
}

#[test]
fn only_the_deciding_archives_must_be_read() {
    let mut entries = vec![
        unread("web_1.9_0123456789ab.zip"),
        unread("web_1.10_0123456789ab.zip"),
        unread("web_1.10_0123456789ab.docker"),
    ];
    assert_eq!(selected(&entries, &query("web", None)), "read web_1.10_0123456789ab.zip");
    assert_eq!(selected(&entries, &query("web", Some("1.9"))), "read web_1.9_0123456789ab.zip");
    entries.push(unread("web_1.10_ba9876543210.zip"));
    assert_eq!(
        selected(&entries, &query("web", None)),
        "read web_1.10_ba9876543210.zip, web_1.10_0123456789ab.zip, web_1.10_0123456789ab.docker",
        "they may be for several platforms"
    );
}

#[test]
fn a_damaged_archive_is_selected_instead_of_an_older_one() {
    let old = entry("web", "1.0", &identity(1, "amd64"), "zip");
    let fault = Fault::TrailingData { at: 1 };
    let damaged = unread("web_2.0_0123456789ab.zip").with_knowledge(Knowledge::Damaged { fault });
    assert_eq!(selected(&[old, damaged], &query("web", None)), "web_2.0_0123456789ab.zip");
}

#[test]
fn errors_name_the_place_and_the_alternatives() {
    let amd64 = entry("web", "1.0", &identity(1, "amd64"), "zip");
    let arm64 = entry("web", "1.0", &identity(1, "arm64"), "zip");
    let entries = [amd64.clone(), arm64];
    insta::assert_snapshot!(selected(&entries, &query("web", Some("2.0"))), @"no archive of `web:2.0` in s3://bucket");
    insta::assert_snapshot!(selected(&entries, &query("web", None)), @"`web` exists for several platforms: linux/amd64, linux/arm64");
    let for_amd64 = query("web", None)
        .with_latest(LatestOptions::default().with_platform(platform("linux/amd64")));
    assert_eq!(selected(&entries, &for_amd64), amd64.archive.as_str());
    let Err(SelectError::NotFound(error)) = select("", &entries, &query("api", None)) else {
        panic!("something is found")
    };
    assert_eq!(error.images, [Repository::parse("web").unwrap()]);
    let mut misnamed = amd64;
    misnamed.archive = "web_1.0_0123456789ab.zip".parse().unwrap();
    insta::assert_snapshot!(selected(&[misnamed], &query("web", None)), @"s3://bucket/web_1.0_0123456789ab.zip is misnamed: the image in it has the id 317c8f756f53");
}
