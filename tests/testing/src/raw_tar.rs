//! Tars that a correct writer would not write.

use crate::layouts::{Body, Entry};

/// The two blocks at the end of a tar.
pub const END: [u8; 1024] = [0; 1024];

/// Headers and contents in any order, without the end.
#[derive(Debug, Clone, Default)]
pub struct RawTar {
    /// The content so far.
    pub bytes: Vec<u8>,
}

impl RawTar {
    /// Creates an empty tar.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a header with a correct checksum and arbitrary content.
    #[must_use]
    pub fn header(self, kind: u8, name: &str, size: &[u8; 12]) -> Self {
        self.header_with_link(kind, name, size, "")
    }

    fn header_with_link(mut self, kind: u8, name: &str, size: &[u8; 12], link: &str) -> Self {
        let mut header = tar::Header::new_gnu();
        let fields = header.as_old_mut();
        fields.name[..name.len()].copy_from_slice(name.as_bytes());
        fields.linkname[..link.len()].copy_from_slice(link.as_bytes());
        fields.mode = *b"0000644\0";
        fields.size = *size;
        fields.linkflag = [kind];
        header.set_cksum();
        self.bytes.extend(header.as_bytes());
        self
    }

    /// Adds content, with its padding.
    #[must_use]
    pub fn content(mut self, content: &[u8]) -> Self {
        self.bytes.extend(content);
        self.bytes.resize(self.bytes.len().next_multiple_of(512), 0);
        self
    }

    /// Adds a file.
    #[must_use]
    pub fn file(self, name: &str, content: &[u8]) -> Self {
        self.header(b'0', name, &octal(content.len())).content(content)
    }

    /// Adds an entry.
    #[must_use]
    pub fn entry(self, entry: Entry) -> Self {
        match entry.body {
            Body::File(content) => self.file(&entry.name, &content),
            Body::Symlink(target) => self.header_with_link(b'2', &entry.name, &octal(0), &target),
            Body::Folder => self.header(b'5', &entry.name, &octal(0)),
        }
    }

    /// Adds an extension header for the next entry (`L`, `K`, `x`) or for all later ones (`g`).
    #[must_use]
    pub fn extension(self, kind: u8, content: &[u8]) -> Self {
        self.header(kind, "extension", &octal(content.len())).content(content)
    }

    /// Adds pax records for the next entry.
    #[must_use]
    pub fn pax(self, records: &[(&str, &str)]) -> Self {
        let records: Vec<u8> =
            records.iter().flat_map(|(key, value)| pax_record(key, value)).collect();
        self.extension(b'x', &records)
    }

    /// Returns the tar with its end.
    pub fn end(self) -> Vec<u8> {
        [self.bytes, END.to_vec()].concat()
    }
}

fn octal(size: usize) -> [u8; 12] {
    let mut field = [0; 12];
    field[..11].copy_from_slice(format!("{size:011o}").as_bytes());
    field
}

/// Writes a pax record, whose length counts its own digits.
pub fn pax_record(key: &str, value: &str) -> Vec<u8> {
    let rest = format!(" {key}={value}\n");
    let mut length = rest.len();
    while length != rest.len() + length.to_string().len() {
        length = rest.len() + length.to_string().len();
    }
    format!("{length}{rest}").into_bytes()
}
