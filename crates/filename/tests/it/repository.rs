use proptest::prelude::*;
use regex::Regex;
use sealift_filename::{ArchivePath, Repository, strategies};

/// The grammar in the words of the distribution project, with `name` anchored.
fn grammar() -> Regex {
    let label = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
    let domain = format!(r"(?:{label}(?:\.{label})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?");
    let part = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
    Regex::new(&format!(r"\A(?:{domain}/)?{part}(?:/{part})*\z")).unwrap()
}

#[test]
fn a_repository_is_what_the_distribution_grammar_calls_a_name() {
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
fn every_repository_has_folders_of_its_own() {
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
fn the_familiar_name_is_the_one_docker_shows() {
    for (text, familiar) in [
        ("web", "web"),
        ("library/web", "web"),
        ("docker.io/web", "web"),
        ("docker.io/library/web", "web"),
        ("index.docker.io/library/web", "web"),
        ("docker.io/team/web", "team/web"),
        ("docker.io/library/team/web", "library/team/web"),
        ("team/web", "team/web"),
        ("localhost/web", "localhost/web"),
        ("localhost/library/web", "localhost/library/web"),
        ("localhost:5000/web", "localhost:5000/web"),
        ("quay.io/library/web", "quay.io/library/web"),
        ("docker.io/localhost/web", "docker.io/localhost/web"),
        ("docker.io/team.org/web", "docker.io/team.org/web"),
    ] {
        assert_eq!(Repository::parse(text).unwrap().familiar().as_str(), familiar);
    }
}

#[test]
fn a_familiar_name_is_a_name_and_stays_as_it_is() {
    proptest!(|(repository in strategies::repositories())| {
        let familiar = repository.familiar();
        prop_assert_eq!(&Repository::parse(familiar.as_str()).unwrap(), &familiar);
        prop_assert_eq!(familiar.familiar(), familiar.clone());
        prop_assert_eq!(familiar.image(), repository.image());
    });
}
