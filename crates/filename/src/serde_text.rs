//! Serialization of each type as its text, so that there is only one parser.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::archive_format::ArchiveFormat;
use crate::archive_name::ArchiveName;
use crate::archive_path::ArchivePath;
use crate::image_id::ImageId;
use crate::reference::Reference;
use crate::repository::Repository;
use crate::version::Version;

macro_rules! as_text {
    ($($type:ty),+ $(,)?) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }
    )+};
}

as_text!(ArchiveFormat, ArchiveName, ArchivePath, ImageId, Reference, Repository, Version);
