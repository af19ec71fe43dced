use proptest::prelude::*;
use sealift_filename::{
    ArchiveFormat, ArchiveName, ArchivePath, ParsePathErrorKind, Repository, Version,
    is_repository_folder, strategies,
};

const NAME: &str = "web_1.0.0.7_0123456789ab.zip";

#[test]
fn folders_are_the_first_parts_of_the_image() {
    for (folder, image, repository) in [
        ("", "web", "web"),
        ("team", "team/web", "team/web"),
        ("a/b", "a/b/web", "a/b/web"),
        ("localhost+5000", "localhost+5000/web", "localhost:5000/web"),
        ("quay.io/team", "quay.io/team/web", "quay.io/team/web"),
        ("[++1]+5000/team", "[++1]+5000/team/web", "[::1]:5000/team/web"),
        ("[++1]", "[++1]/web", "[::1]/web"),
    ] {
        let text = if folder.is_empty() { NAME.to_owned() } else { format!("{folder}/{NAME}") };
        let path = ArchivePath::parse(&text).unwrap();
        assert_eq!((path.folder(), path.image(), path.as_str()), (folder, image, text.as_str()));
        assert_eq!(path.name(), &ArchiveName::parse(NAME).unwrap());
        assert_eq!(path.repository().unwrap().as_str(), repository);
        assert_eq!(ArchivePath::in_folder(folder, path.name().clone()).unwrap(), path);
    }
}

#[test]
fn an_image_that_is_not_valid_in_a_repository_name_has_no_repository() {
    for name in ["Web_1.0_0123456789ab.zip", "a+b_1.0_0123456789ab.zip", "__1.0_0123456789ab.zip"] {
        for text in [name.to_owned(), format!("team/{name}"), format!("localhost+5000/{name}")] {
            assert_eq!(ArchivePath::parse(&text).unwrap().repository(), None, "{text}");
        }
    }
}

#[test]
fn folders_outside_the_store_or_invalid_in_a_repository_name_are_refused() {
    for folder in [
        "",
        ".",
        "..",
        "../team",
        "team/..",
        "team/",
        "/team",
        "a//b",
        ".sealift",
        "Team/Web",
        "team/localhost+5000",
        "localhost+",
        "-team",
        "team_",
        "a b",
        "web\n",
    ] {
        let error = ArchivePath::parse(&format!("{folder}/{NAME}")).unwrap_err();
        assert!(matches!(error.kind(), ParsePathErrorKind::Folder { .. }), "{folder}: {error}");
        if !folder.is_empty() {
            let name = ArchiveName::parse(NAME).unwrap();
            assert!(ArchivePath::in_folder(folder, name).is_err(), "{folder}");
        }
    }
}

#[test]
fn a_name_with_a_slash_cannot_be_in_a_folder() {
    let name = ArchiveName::parse("../web_1.0_0123456789ab.zip").unwrap();
    let path = ArchivePath::parse(&format!("team/{NAME}")).unwrap();
    for error in [
        ArchivePath::in_folder("team", name.clone()).unwrap_err(),
        ArchivePath::in_folder("", name.clone()).unwrap_err(),
        path.with_name(name).unwrap_err(),
    ] {
        assert_eq!(*error.kind(), ParsePathErrorKind::SlashInName);
    }
}

#[test]
fn is_repository_folder_agrees_with_the_parser() {
    proptest!(ProptestConfig::with_cases(1024), |(text in strategies::near_archive_paths())| {
        let (folder, name) = match text.rsplit_once('/') {
            Some((folder, name)) => (Some(folder), name),
            None => (None, text.as_str()),
        };
        let enters = folder.is_none_or(|folder| {
            folder.split('/').enumerate().all(|(depth, name)| is_repository_folder(name, depth == 0))
        });
        let expected = enters && ArchiveName::try_parse(name).is_some();
        prop_assert_eq!(ArchivePath::parse(&text).is_ok(), expected, "{:?}", text);
    });
}

#[test]
fn parsed_paths_survive_a_round_trip() {
    proptest!(ProptestConfig::with_cases(1024), |(text in strategies::near_archive_paths())| {
        if let Ok(path) = ArchivePath::parse(&text) {
            prop_assert_eq!(path.to_string(), text);
            let slash = if path.folder().is_empty() { "" } else { "/" };
            let written = format!("{}{slash}{}", path.folder(), path.name().image());
            prop_assert!(written.ends_with(path.image()));
            if let Some(repository) = path.repository() {
                prop_assert!(repository.folders().iter().any(|folder| folder == path.folder()));
                prop_assert_eq!(repository.image(), path.name().image());
            }
        }
    });
}

#[test]
fn changing_the_format_keeps_the_folder() {
    let path = ArchivePath::new(
        &Repository::parse("localhost:5000/web").unwrap(),
        &Version::new("1.0+beta"),
        "0123456789ab".parse().unwrap(),
        ArchiveFormat::Docker,
    )
    .unwrap();
    assert_eq!(path.to_zip().as_str(), "localhost+5000/web_1.0+beta_0123456789ab.zip");
    assert_eq!(path.to_zip().to_docker(), path);
    assert_eq!(path.with_name(path.name().to_zip()).unwrap(), path.to_zip());
}

#[test]
fn paths_are_ordered_by_their_texts() {
    let pairs = (strategies::archive_paths(), strategies::archive_paths());
    proptest!(|((left, right) in pairs)| {
        prop_assert_eq!(left.cmp(&right), left.as_str().cmp(right.as_str()));
    });
}
