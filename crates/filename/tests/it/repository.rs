use proptest::prelude::*;
use regex::Regex;
use sealift_filename::{ArchivePath, Repository, strategies};

/// Returns the grammar of the distribution project, with `name` anchored.
fn grammar() -> Regex {
    let label = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
    let domain = format!(r"(?:{label}(?:\.{label})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?");
    let part = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
    Regex::new(&format!(r"\A(?:{domain}/)?{part}(?:/{part})*\z")).unwrap()
}

#[test]
fn repositories_match_the_distribution_grammar() {
    let grammar = grammar();
    let texts = prop_oneof![
        4 => strategies::near_repositories(),
        2 => "[aA0._:/\\[\\]-]{0,10}",
        1 => any::<String>(),
    ];
    proptest!(ProptestConfig::with_cases(8192), |(text in texts)| {
        let expected = text.len() <= 255 && grammar.is_match(&text);
        prop_assert_eq!(Repository::parse(&text).is_ok(), expected, "{:?}", text);
    });
}

#[test]
fn a_name_has_at_most_255_characters() {
    assert!(Repository::parse(&"a".repeat(255)).is_ok());
    assert!(Repository::parse(&"a".repeat(256)).is_err());
}

#[test]
fn folder_and_image_are_the_parts_of_the_name() {
    for (text, folder, image) in [
        ("web", "", "web"),
        ("team/web", "team", "web"),
        ("localhost:5000/web", "localhost+5000", "web"),
        ("registry.example.org:443/a/b/web", "registry.example.org+443/a/b", "web"),
        ("[::1]:5000/web", "[++1]+5000", "web"),
    ] {
        let repository = Repository::parse(text).unwrap();
        assert_eq!((repository.folder().as_str(), repository.image()), (folder, image));
    }
}

#[test]
fn repositories_and_paths_convert_to_each_other() {
    proptest!(|(path in strategies::archive_paths())| {
        let repository = path.repository().unwrap();
        prop_assert_eq!(repository.folder(), path.folder());
        prop_assert_eq!(repository.image(), path.name().image());
        let again = ArchivePath::new(
            &repository, &path.name().to_version(), path.name().id(), path.name().format(),
        );
        prop_assert_eq!(again.unwrap(), path);
    });
}

#[test]
fn all_spellings_of_a_name_are_converted_to_the_short_form() {
    for (text, short) in [
        ("web", "web"),
        ("library/web", "web"),
        ("docker.io/web", "web"),
        ("docker.io/library/web", "web"),
        ("index.docker.io/web", "web"),
        ("index.docker.io/library/web", "web"),
        ("docker.io/team/web", "team/web"),
        ("docker.io/library/team/web", "library/team/web"),
        ("team/web", "team/web"),
        ("localhost/web", "localhost/web"),
        ("localhost/library/web", "localhost/library/web"),
        ("localhost:5000/web", "localhost:5000/web"),
        ("localhost:5000/library/web", "localhost:5000/library/web"),
        ("docker.io:443/library/web", "docker.io:443/library/web"),
        ("quay.io/library/web", "quay.io/library/web"),
        ("docker.io/localhost/web", "docker.io/localhost/web"),
        ("index.docker.io/localhost/web", "docker.io/localhost/web"),
        ("docker.io/team.org/web", "docker.io/team.org/web"),
        ("docker.io/docker.io/web", "docker.io/docker.io/web"),
        ("docker.io/library/docker.io", "docker.io"),
    ] {
        assert_eq!(Repository::parse(text).unwrap().as_str(), short, "{text}");
    }
}

#[test]
fn a_short_name_is_valid_and_does_not_change() {
    proptest!(|(repository in strategies::repositories())| {
        prop_assert_eq!(&Repository::parse(repository.as_str()).unwrap(), &repository);
        let qualified = repository.qualified();
        prop_assert_eq!(&Repository::parse(qualified.as_str()).unwrap(), &repository);
        prop_assert_eq!(&qualified.familiar(), &repository);
    });
}

#[test]
fn paths_in_the_folders_of_an_image_have_its_name() {
    let id = "0123456789ab".parse().unwrap();
    let fronts = vec!["", "docker.io/", "index.docker.io/", "docker.io/library/", "library/"];
    let names = (strategies::repositories(), proptest::sample::select(fronts));
    proptest!(ProptestConfig::with_cases(4096), |((repository, front) in names)| {
        let path = ArchivePath::new(&repository, &"1.0".into(), id, "zip".into()).unwrap();
        for folder in repository.folders() {
            let other = ArchivePath::in_folder(&folder, path.name().clone()).unwrap();
            prop_assert_eq!(other.repository(), Some(repository.clone()));
            prop_assert_eq!(other.image(), path.image());
        }
        // No other folder contains archives of the image.
        if let Ok(other) = ArchivePath::parse(&format!("{front}{path}")) {
            prop_assert_eq!(
                other.repository().as_ref() == Some(&repository),
                repository.folders().iter().any(|folder| folder == other.folder()),
                "{} {}", repository, other
            );
            prop_assert_eq!(other.image() == path.image(), other.repository() == path.repository());
        }
    });
}
