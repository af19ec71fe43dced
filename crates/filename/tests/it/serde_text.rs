use std::fmt::{Debug, Display};

use proptest::prelude::*;
use sealift_filename::{ArchiveName, ImageId, strategies};
use serde::Serialize;
use serde::de::DeserializeOwned;

fn round_trips_through_text<T>(value: &T) -> Result<(), TestCaseError>
where
    T: Serialize + DeserializeOwned + Display + Debug + PartialEq,
{
    let json = serde_json::to_value(value).unwrap();
    prop_assert_eq!(&json, &serde_json::Value::String(value.to_string()));
    prop_assert_eq!(&serde_json::from_value::<T>(json).unwrap(), value);
    Ok(())
}

#[test]
fn all_types_serialize_as_text() {
    proptest!(|(
        path in strategies::archive_paths(),
        name in strategies::archive_names(),
        version in strategies::versions(),
        format in strategies::formats(),
        reference in strategies::references(),
    )| {
        round_trips_through_text(&path)?;
        round_trips_through_text(&name)?;
        round_trips_through_text(&name.id())?;
        round_trips_through_text(&version)?;
        round_trips_through_text(&format)?;
        round_trips_through_text(&reference)?;
        round_trips_through_text(reference.repository())?;
    });
}

#[test]
fn deserializing_fails_with_the_message_of_the_parser() {
    let error = serde_json::from_str::<ArchiveName>("\"web.zip\"").unwrap_err();
    insta::assert_snapshot!(error, @"`web.zip` is not an archive name: it has no `_` and image id before its last `.`");
    assert!(serde_json::from_str::<ImageId>("12").is_err());
}
