//! Records of a pax extension header.

use crate::verify::sparse::SparseHeaders;
use crate::verify::sparse_map::{Refusal, pax_pieces};
use crate::verify::tar_header::text;

/// The values that pax records state for an entry.
#[derive(Default)]
pub(crate) struct Pax {
    pub(crate) name: Option<String>,
    pub(crate) link: Option<String>,
    pub(crate) size: Option<u64>,
    pub(crate) sparse: PaxSparse,
}

/// The values that pax records state for a sparse file.
#[derive(Default, PartialEq, Eq)]
pub(crate) struct PaxSparse {
    major: Option<u64>,
    minor: Option<u64>,
    name: Option<String>,
    size: Option<u64>,
    pieces: Option<u64>,
    /// Alternating offsets and lengths.
    map: Vec<u64>,
    has_map: bool,
}

impl PaxSparse {
    /// Returns the name and the map of a sparse file, if the records describe one.
    pub(crate) fn headers(self) -> Result<Option<(Option<String>, SparseHeaders)>, Refusal> {
        let is_one = match (self.major, self.minor) {
            (Some(1), Some(0)) => true,
            (Some(0), Some(0 | 1)) => false,
            (None, None) if self.has_map => false,
            (None, None) if self == Self::default() => return Ok(None),
            _ => return Err("it is a sparse file of an unknown form".into()),
        };
        if !is_one && self.pieces != Some(self.map.len() as u64 / 2) {
            return Err("its sparse map is broken".into());
        }
        let map = if is_one { Vec::new() } else { pax_pieces(&self.map)? };
        Ok(Some((self.name, SparseHeaders { size: self.size, map, map_in_content: is_one })))
    }

    fn record(&mut self, key: &[u8], value: &[u8]) -> Result<(), &'static str> {
        const BROKEN: &str = "its sparse map is broken";
        let number = || decimal(value).ok_or(BROKEN);
        match key {
            b"major" => self.major = Some(number()?),
            b"minor" => self.minor = Some(number()?),
            b"name" if value.contains(&0) => return Err("its pax name contains a zero byte"),
            // Some readers ignore an empty name, others use it.
            b"name" if value.is_empty() => return Err("its name is empty"),
            b"name" => self.name = Some(text(value)),
            b"size" | b"realsize" => {
                let size = number()?;
                if self.size.replace(size).is_some_and(|other| other != size) {
                    return Err("its pax records state two different sizes");
                }
            }
            b"numblocks" => self.pieces = Some(number()?),
            b"map" => {
                self.has_map = true;
                let numbers = value.split(|&byte| byte == b',').filter(|text| !text.is_empty());
                self.map = numbers.map(decimal).collect::<Option<_>>().ok_or(BROKEN)?;
            }
            b"offset" | b"numbytes" => {
                self.has_map = true;
                if self.map.len().is_multiple_of(2) != (key == b"offset") {
                    return Err(BROKEN);
                }
                self.map.push(number()?);
            }
            _ => return Err("it is a sparse file of an unknown form"),
        }
        Ok(())
    }
}

/// Parses pax records: `LENGTH KEY=VALUE\n`. The length is that of the complete record, including
/// its own digits and the line break.
pub(crate) fn read_pax(mut records: &[u8]) -> Result<Pax, &'static str> {
    const BROKEN: &str = "its pax records are broken";
    let mut pax = Pax::default();
    while !records.is_empty() {
        let space = records.iter().position(|&byte| byte == b' ').ok_or(BROKEN)?;
        let length = decimal(&records[..space]).and_then(|length| usize::try_from(length).ok());
        let length = length.ok_or(BROKEN)?;
        let record = records.get(space + 1..length).ok_or(BROKEN)?;
        let record = record.strip_suffix(b"\n").ok_or(BROKEN)?;
        let equals = record.iter().position(|&byte| byte == b'=').ok_or(BROKEN)?;
        let (key, value) = (&record[..equals], &record[equals + 1..]);
        if value.contains(&0) && matches!(key, b"path" | b"linkpath") {
            return Err("its pax name contains a zero byte");
        }
        // An empty value removes the value of an earlier record.
        let name = (!value.is_empty()).then(|| text(value));
        match key {
            b"path" => pax.name = name,
            b"linkpath" => pax.link = name,
            b"size" if value.is_empty() => pax.size = None,
            b"size" => {
                pax.size = Some(decimal(value).ok_or("its pax size is not a number")?);
            }
            _ => {
                if let Some(key) = key.strip_prefix(b"GNU.sparse.") {
                    pax.sparse.record(key, value)?;
                }
            }
        }
        records = &records[length..];
    }
    Ok(pax)
}

/// Parses a decimal number without a sign.
fn decimal(digits: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(digits).ok()?;
    if digits.starts_with('+') { None } else { digits.parse().ok() }
}
