use std::fmt::{Debug, Display};

use proptest::prelude::*;
use sealift_filename::{ArchiveName, ImageId, strategies};
use serde::Serialize;
use serde::de::DeserializeOwned;

fn goes_through_its_text<T>(value: &T) -> Result<(), TestCaseError>
where
    T: Serialize + DeserializeOwned + Display + Debug + PartialEq,
{
    let json = serde_json::to_value(value).unwrap();
    prop_assert_eq!(&json, &serde_json::Value::String(value.to_string()));
    prop_assert_eq!(&serde_json::from_value::<T>(json).unwrap(), value);
    Ok(())
}

#[test]
fn every_type_goes_through_its_text() {
    proptest!(|(
        path in strategies::archive_paths(),
        name in strategies::archive_names(),
        version in strategies::versions(),
        format in strategies::formats(),
        reference in strategies::references(),
    )| {
        goes_through_its_text(&path)?;
        goes_through_its_text(&name)?;
        goes_through_its_text(&name.id())?;
        goes_through_its_text(&version)?;
        goes_through_its_text(&format)?;
        goes_through_its_text(&reference)?;
        goes_through_its_text(reference.repository())?;
    });
}

#[test]
fn reading_refuses_with_the_parser_s_words() {
    let error = serde_json::from_str::<ArchiveName>("\"web.zip\"").unwrap_err();
    insta::assert_snapshot!(error, @"`web.zip` is not an archive name: it has no `_` and image id before its last `.`");
    assert!(serde_json::from_str::<ImageId>("12").is_err());
}
