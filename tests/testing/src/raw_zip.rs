//! Zips that a correct writer would not write.

use std::io::Write as _;

/// A zip with one member, in which every number can be changed.
#[derive(Debug, Clone)]
pub struct RawZip {
    /// The complete file.
    pub bytes: Vec<u8>,
    /// Offset of the directory.
    pub directory: usize,
    /// Offset of the record at the end.
    pub end: usize,
}

const NAME: &[u8] = b"web_1.0.0.1.docker";
const LOCAL_LENGTH: usize = 30;

impl RawZip {
    /// Creates a correct zip with this content.
    ///
    /// # Panics
    ///
    /// Never, because it writes to memory.
    pub fn of(content: &[u8]) -> Self {
        let mut encoder =
            flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(content).expect("memory can be written");
        let packed = encoder.finish().expect("memory can be written");
        Self::of_packed(content, packed)
    }

    /// Creates a zip of content that was packed as a deflate stream.
    pub fn of_packed(content: &[u8], packed: Vec<u8>) -> Self {
        let mut crc = flate2::Crc::new();
        crc.update(content);
        // The fields from the required version to the lengths of the name and of other fields.
        let mut described = [20_u16, 0, 8, 0, 0x21].map(u16::to_le_bytes).concat();
        described.extend(crc.sum().to_le_bytes());
        described.extend((packed.len() as u32).to_le_bytes());
        described.extend((content.len() as u32).to_le_bytes());
        described.extend([NAME.len() as u16, 0].map(u16::to_le_bytes).concat());

        let mut bytes = [b"PK\x03\x04".to_vec(), described.clone(), NAME.to_vec(), packed].concat();
        let directory = bytes.len();
        bytes.extend(
            [b"PK\x01\x02\x14\x00".to_vec(), described, vec![0; 14], NAME.to_vec()].concat(),
        );
        let end = bytes.len();
        bytes.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
        bytes.extend(((end - directory) as u32).to_le_bytes());
        bytes.extend((directory as u32).to_le_bytes());
        bytes.extend([0, 0]);
        Self { bytes, directory, end }
    }

    /// Returns the size of the packed member.
    pub fn packed_size(&self) -> u64 {
        (self.directory - LOCAL_LENGTH - NAME.len()) as u64
    }

    fn number(mut self, at: usize, width: usize, number: u64) -> Self {
        self.bytes[at..at + width].copy_from_slice(&number.to_le_bytes()[..width]);
        self
    }

    /// Changes a number in the header before the member.
    #[must_use]
    pub fn local_number(self, at: usize, width: usize, number: u64) -> Self {
        self.number(at, width, number)
    }

    /// Changes bytes in the header before the member.
    #[must_use]
    pub fn local_bytes(mut self, at: usize, bytes: &[u8]) -> Self {
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    /// Changes a number in the directory's entry.
    #[must_use]
    pub fn entry_number(self, at: usize, width: usize, number: u64) -> Self {
        let at = self.directory + at;
        self.number(at, width, number)
    }

    /// Changes a number in both, at its offset in the header before the member.
    #[must_use]
    pub fn both_numbers(self, at: usize, width: usize, number: u64) -> Self {
        self.local_number(at, width, number).entry_number(at + 2, width, number)
    }

    /// Changes bytes of the name in both, at their offset in the header before the member.
    #[must_use]
    pub fn both_bytes(self, at: usize, bytes: &[u8]) -> Self {
        let in_entry = self.directory + at + 16;
        self.local_bytes(at, bytes).local_bytes(in_entry, bytes)
    }

    /// Changes a number in the record at the end.
    #[must_use]
    pub fn end_number(self, at: usize, width: usize, number: u64) -> Self {
        let at = self.end + at;
        self.number(at, width, number)
    }

    /// Inserts bytes between the member and the directory.
    #[must_use]
    pub fn with_before_directory(mut self, bytes: &[u8]) -> Self {
        self.bytes.splice(self.directory..self.directory, bytes.iter().copied());
        self.directory += bytes.len();
        self.end += bytes.len();
        let start = self.directory as u64;
        self.end_number(16, 4, start)
    }

    /// Returns the zip with an additional zip64 end, which is changed.
    pub fn with_zip64_end(mut self, change: impl Fn(&mut [u8])) -> Vec<u8> {
        let mut record =
            [b"PK\x06\x06".to_vec(), 44_u64.to_le_bytes().to_vec(), vec![45, 0, 45, 0], vec![0; 8]]
                .concat();
        let directory = [1, 1, self.end - self.directory, self.directory];
        record.extend(directory.map(|number| (number as u64).to_le_bytes()).concat());
        change(&mut record);
        record.extend(b"PK\x06\x07\0\0\0\0");
        record.extend((self.end as u64).to_le_bytes());
        record.extend(1_u32.to_le_bytes());
        let end = self.end;
        self.bytes.splice(end..end, record.iter().copied());
        // Values that both ends have are required in one of them only.
        self.end += record.len();
        let claims_more = record[24..32] != 1_u64.to_le_bytes();
        match claims_more {
            true => self.end_number(8, 2, 0xffff).end_number(10, 2, 0xffff).bytes,
            false => self.bytes,
        }
    }
}
