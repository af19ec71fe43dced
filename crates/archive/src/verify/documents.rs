//! Look-up and parsing of an archive's documents, and their faults.

use sealift_filename::Printable;
use serde::de::DeserializeOwned;

use crate::error::Fault;
use crate::verify::entries::{Content, Entries, Json};
use crate::verify::links::resolve;
use sealift_oci::{Digest, parse_document};

pub(crate) fn find<'a>(
    entries: &'a Entries,
    name: &str,
    kind: &str,
    named_by: &str,
) -> Result<&'a Content, Fault> {
    resolve(entries, name).ok_or_else(|| missing(kind, name, named_by))
}

pub(crate) fn missing(kind: &str, name: &str, named_by: &str) -> Fault {
    if kind == "layer" && name.is_empty() {
        let reason =
            format!("{named_by} names a layer that is not in the archive: its name is empty");
        return Fault::Unsupported { reason };
    }
    Fault::Missing { what: format!("{kind} {}", Printable(name)), named_by: named_by.to_owned() }
}

pub(crate) fn wrong(what: &str, expected: Digest, found: Digest) -> Fault {
    Fault::WrongDigest { what: Printable(what).to_string(), expected, found }
}

pub(crate) fn bad(entry: &str, reason: String) -> Fault {
    Fault::BadMetadata { entry: Printable(entry).to_string(), reason }
}

/// Parses a digest in a document. Only digests that parse can become the name of a blob.
pub(crate) fn read_digest(text: &str, entry: &str) -> Result<Digest, Fault> {
    let is_other = |(algorithm, hex): (&str, &str)| {
        matches!((algorithm, hex.len()), ("sha384", 96) | ("sha512", 128))
            && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    if text.split_once(':').is_some_and(is_other) {
        let algorithm = text.split(':').next().unwrap_or_default();
        let reason = format!(
            "`{}` contains a {algorithm} digest; only sha256 is supported",
            Printable(entry)
        );
        return Err(Fault::Unsupported { reason });
    }
    text.parse().map_err(|error| bad(entry, format!("contains an invalid digest: {error}")))
}

pub(crate) fn blob_name(digest: Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

pub(crate) fn parse<T: DeserializeOwned>(content: &Content, name: &str) -> Result<T, Fault> {
    match &content.json {
        Json::Kept(json) => parse_document(json)
            .map_err(|error| bad(name, format!("cannot be parsed: {}", error.reason()))),
        Json::TooLarge => Err(Fault::LimitExceeded {
            what: format!("`{}` of {} bytes", Printable(name), content.size),
            limit: "4 MiB each and 16 MiB in all".to_owned(),
        }),
        Json::No => Err(bad(name, "is not JSON".to_owned())),
    }
}
