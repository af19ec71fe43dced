//! Two platforms of one tag are stored side by side and are never confused.

use sealift_workflow::catalog::SelectError;
use sealift_workflow::{ConfigOptions, Error, ErrorKind, ListOptions, Run, config, list, path};

use crate::folder::{Folder, query, run};

async fn both() -> (Folder, String, String) {
    let folder = Folder::new();
    let amd64 = folder.add_image("web:1.0.0.1", 1, "amd64").await.to_string();
    let arm64 = folder.add_image("web:1.0.0.1", 1, "arm64").await.to_string();
    assert_ne!(amd64, arm64);
    (folder, amd64, arm64)
}

#[test]
fn both_platforms_are_listed_as_latest() {
    run(async {
        let (folder, ..) = both().await;
        let listing = list(&folder.store, &ListOptions::default(), &Run::default()).await.unwrap();
        let mut platforms: Vec<String> = listing
            .archives
            .iter()
            .inspect(|archive| assert!(archive.latest))
            .map(|archive| archive.platform.as_ref().unwrap().to_string())
            .collect();
        platforms.sort();
        assert_eq!(platforms, ["linux/amd64", "linux/arm64"]);
    });
}

#[test]
fn an_ambiguous_request_is_refused_with_the_choices() {
    run(async {
        let (folder, amd64, arm64) = both().await;
        let context = Run::default();
        for asked in ["web", "web:1.0.0.1"] {
            let error = path(&folder.store, &query(asked, None), &context).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage);
            assert!(error.to_string().contains("linux/amd64, linux/arm64"), "{error}");
            assert!(matches!(error, Error::Select(SelectError::Ambiguous(_))), "{error:?}");
        }
        for (platform, expected) in [("linux/amd64", &amd64), ("linux/arm64/v8", &arm64)] {
            let found = path(&folder.store, &query("web", Some(platform)), &context).await.unwrap();
            assert!(found.ends_with(expected), "{platform}");
        }
        let error = path(&folder.store, &query("web", Some("linux/s390x")), &context).await;
        assert_eq!(error.unwrap_err().kind(), ErrorKind::NotFound);
    });
}

#[test]
fn a_config_is_for_one_platform() {
    run(async {
        let (folder, _, arm64) = both().await;
        let context = Run::default();
        let mut options = ConfigOptions::default();
        for images in [Vec::new(), vec!["web".parse().unwrap()]] {
            options.images = images;
            let error = config(&folder.store, &options, &context).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage);
            assert!(error.to_string().contains("linux/amd64"), "{error}");
        }
        options.base_url = Some("https://a/b".parse().unwrap());
        options.latest.platform = Some("linux/arm64".parse().unwrap());
        let config = config(&folder.store, &options, &context).await.unwrap();
        assert_eq!(config["web"].url, format!("https://a/b/{arm64}"));
    });
}
