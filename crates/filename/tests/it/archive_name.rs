use proptest::prelude::*;
use regex::Regex;
use sealift_filename::{
    ARCHIVE_NAME_PATTERN, ARCHIVE_NAME_TEMPLATE, ArchiveFormat, ArchiveName, NewNameErrorKind,
    Version, strategies,
};
use test_case::test_case;

fn published() -> Regex {
    Regex::new(&format!(r"\A(?:{ARCHIVE_NAME_PATTERN})\z")).unwrap()
}

fn matches_the_pattern_equally(pattern: &Regex, text: &str) -> Result<(), TestCaseError> {
    let name = ArchiveName::parse(text);
    prop_assert_eq!(ArchiveName::try_parse(text), name.as_ref().ok().cloned());
    match (name, pattern.captures(text)) {
        (Ok(name), Some(parts)) => {
            prop_assert_eq!(name.image(), &parts["image"]);
            prop_assert_eq!(name.version(), &parts["version"]);
            prop_assert_eq!(name.id().to_string(), &parts["imageid"]);
            prop_assert_eq!(name.format().to_string(), &parts["archfmt"]);
            prop_assert_eq!(name.to_string(), text);
        }
        (Err(error), None) => prop_assert_eq!(error.input(), text),
        (name, parts) => prop_assert!(false, "parser: {name:?}, pattern: {parts:?}"),
    }
    Ok(())
}

#[test]
fn the_parser_and_the_pattern_accept_the_same_texts() {
    let pattern = published();
    let cases = ProptestConfig::with_cases(1024);
    proptest!(cases.clone(), |(text in strategies::near_archive_names())| {
        matches_the_pattern_equally(&pattern, &text)?;
    });
    proptest!(cases.clone(), |(text in strategies::archive_name_texts())| {
        prop_assert!(pattern.is_match(&text));
        matches_the_pattern_equally(&pattern, &text)?;
    });
    // The alphabet is small, so that all combinations of the parts occur.
    proptest!(cases, |(text in "[ab0_./\\n]{0,6}[_.0](0123456789ab|[0-9a-fA-F٣]{11,13})?[ab_./\\n]{0,4}")| {
        matches_the_pattern_equally(&pattern, &text)?;
    });
    proptest!(|(text in any::<String>())| matches_the_pattern_equally(&pattern, &text)?);
}

#[test_case("web_1.28.0.259_0123456789ab.docker", "web", "1.28.0.259", "docker")]
#[test_case("web_dev_0123456789ab.zip", "web", "dev", "zip")]
#[test_case("web__0123456789ab.zip", "web", "", "zip"; "an empty version")]
#[test_case("web_dev_0123456789ab.", "web", "dev", ""; "an empty format")]
#[test_case("__dev_0123456789ab.zip", "_", "dev", "zip"; "an underscore for an image")]
#[test_case("web_admin_1.0_0123456789ab.zip", "web_admin", "1.0", "zip"; "an underscore in the image")]
#[test_case("team/web_1.0_0123456789ab.zip", "team/web", "1.0", "zip"; "a slash in the image")]
#[test_case("web_1\n0_0123456789ab.z\np", "web", "1\n0", "z\np"; "line feeds where the pattern takes them")]
#[test_case("web_1.0_0123456789ab.tar_gz", "web", "1.0", "tar_gz"; "an underscore in the format")]
fn unusual_names_are_parsed(text: &str, image: &str, version: &str, format: &str) {
    let name = ArchiveName::parse(text).unwrap();
    assert_eq!(
        (name.image(), name.version(), name.id().as_str(), name.format()),
        (image, version, "0123456789ab", ArchiveFormat::from(format)),
    );
    assert_eq!(name.to_string(), text);
}

#[test]
fn a_name_within_a_name_is_parsed_with_the_last_id() {
    let name = ArchiveName::parse("a_dev_0123456789ab.x_dev_ba9876543210.zip").unwrap();
    assert_eq!(name.image(), "a_dev_0123456789ab.x");
    assert_eq!(name.id().as_str(), "ba9876543210");
}

#[test_case("web_dev_0123456789AB.zip"; "upper case digits")]
#[test_case("web_dev_0123456789abc.zip"; "13 digits")]
#[test_case("web_dev_0123456789a.zip"; "11 digits")]
#[test_case("web_dev_0123456789a٣.zip"; "a digit that is not ascii")]
#[test_case("_dev_0123456789ab.zip"; "an empty image")]
#[test_case("we\nb_dev_0123456789ab.zip"; "a line feed in the image")]
#[test_case("web_0123456789ab.zip"; "no version")]
#[test_case("web_dev_0123456789ab"; "no format")]
#[test_case("web_dev_0123456789ab.zip.tmp"; "more after the format")]
#[test_case("éé_0123456789ab"; "a cut within a character")]
#[test_case(""; "nothing")]
fn texts_that_the_pattern_does_not_match_are_refused(text: &str) {
    assert!(!published().is_match(text));
    assert!(ArchiveName::parse(text).is_err());
    assert!(ArchiveName::try_parse(text).is_none());
}

#[test]
fn created_names_survive_a_round_trip() {
    let parts = (
        strategies::images(),
        strategies::versions(),
        strategies::image_ids(),
        strategies::formats(),
    );
    proptest!(ProptestConfig::with_cases(1024), |((image, version, id, format) in parts)| {
        let name = match ArchiveName::new(&image, &version, id, format.clone()) {
            Err(error) if matches!(error.kind(), NewNameErrorKind::TooLong(_)) => return Ok(()),
            name => name.unwrap(),
        };
        let read = ArchiveName::parse(name.as_str()).unwrap();
        prop_assert_eq!(&read, &name);
        prop_assert_eq!(read.image(), image.as_str());
        prop_assert_eq!(read.to_version(), version.clone());
        prop_assert_eq!((read.id(), read.format()), (id, format.clone()));
        prop_assert_eq!((name.image(), name.version()), (image.as_str(), version.as_str()));
        prop_assert_eq!((name.id(), name.format()), (id, format));
    });
}

#[test]
fn created_names_follow_the_template() {
    proptest!(|(name in strategies::archive_names())| {
        let filled = ARCHIVE_NAME_TEMPLATE
            .replace("{imageid}", name.id().as_str())
            .replace("{archfmt}", name.format().as_str())
            .replace("{version}", name.version())
            .replace("{image}", name.image());
        prop_assert_eq!(name.as_str(), filled);
    });
}

#[test]
fn arbitrary_parts_are_refused_or_survive_a_round_trip() {
    let parts = (
        prop_oneof![strategies::near_repositories(), any::<String>()],
        strategies::version_texts(),
        strategies::image_ids(),
        "[a-z./_\\n]{0,3}",
    );
    proptest!(ProptestConfig::with_cases(1024), |((image, version, id, format) in parts)| {
        let made = ArchiveName::new(&image, &version.as_str().into(), id, format.as_str().into());
        if let Ok(name) = made {
            let read = ArchiveName::parse(name.as_str()).unwrap();
            prop_assert_eq!(
                (read.image(), read.version(), read.id(), read.format()),
                (image.as_str(), version.as_str(), id, ArchiveFormat::from(format)),
            );
        }
    });
}

#[test]
fn changing_the_format_changes_nothing_else() {
    proptest!(|(text in strategies::archive_name_texts())| {
        let name = ArchiveName::parse(&text).unwrap();
        let other = name.to_zip();
        prop_assert_eq!(&other, &ArchiveName::parse(other.as_str()).unwrap());
        prop_assert_eq!(
            (other.image(), other.version(), other.id()),
            (name.image(), name.version(), name.id()),
        );
        prop_assert_eq!(name.to_zip().format(), ArchiveFormat::Zip);
        prop_assert_eq!(name.to_docker().to_string(), name.member_name());
        prop_assert_eq!(other.to_docker(), name.to_docker());
    });
}

#[test]
fn the_member_of_a_zip_has_its_name_with_another_format() {
    let name = ArchiveName::parse("web.zip_1.0_0123456789ab.zip").unwrap();
    assert_eq!(name.member_name(), "web.zip_1.0_0123456789ab.docker");
}

#[test]
fn names_are_equal_if_their_texts_are_equal() {
    let pairs = (strategies::archive_name_texts(), strategies::archive_name_texts());
    proptest!(|((left, right) in pairs)| {
        let names = (ArchiveName::parse(&left).unwrap(), ArchiveName::parse(&right).unwrap());
        prop_assert_eq!(names.0 == names.1, left == right);
    });
}

#[test]
fn a_name_too_long_for_file_systems_is_not_created() {
    let id = "0123456789ab".parse().unwrap();
    let version = Version::new("1".repeat(255 - "web__0123456789ab.zip".len()));
    let longest = ArchiveName::new("web", &version, id, ArchiveFormat::Zip).unwrap();
    assert_eq!(longest.as_str().len(), 255);
    let too_long = Version::new(format!("{version}1"));
    let error = ArchiveName::new("web", &too_long, id, ArchiveFormat::Zip).unwrap_err();
    assert_eq!(*error.kind(), NewNameErrorKind::TooLong(256));
}

#[test]
fn a_format_keeps_its_text() {
    for (text, known) in
        [("docker", true), ("zip", true), ("tar", false), ("", false), ("ZIP", false)]
    {
        let format = ArchiveFormat::from(text);
        assert_eq!(!matches!(format, ArchiveFormat::Other(_)), known, "{text}");
        assert_eq!(format, ArchiveFormat::from(text.to_owned()));
        assert_eq!(format.to_string(), text);
    }
}
