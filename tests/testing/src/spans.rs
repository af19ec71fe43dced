//! The positions of the entries in a tar, so that a test can damage a certain one.

/// The position of an entry in a tar, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The entry's name.
    pub name: String,
    /// Offset of its first header, immediately after the entry before.
    pub begin: usize,
    /// Offset of its content.
    pub content: usize,
    /// The size of its content.
    pub size: usize,
    /// Offset of the next entry or of the end marker.
    pub end: usize,
}

/// Returns the positions of the entries of a tar.
///
/// # Panics
///
/// If the bytes are not a tar.
pub fn spans(tar: &[u8]) -> Vec<Span> {
    let mut archive = tar::Archive::new(tar);
    let mut begin = 0;
    let entries = archive.entries().expect("a tar in memory can be read");
    entries
        .map(|entry| {
            let entry = entry.expect("the entries of a valid tar can be read");
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let position = usize::try_from(entry.raw_file_position());
            let content = position.expect("it is in memory");
            let size = usize::try_from(entry.size()).expect("it is in memory");
            let end = content + size.next_multiple_of(512);
            Span { name, begin: std::mem::replace(&mut begin, end), content, size, end }
        })
        .collect()
}

/// Returns the bytes of all entries of a tar except the documents that name the image, which
/// sealift rewrites.
///
/// # Panics
///
/// If the bytes are not a complete tar.
pub fn payload(tar: &[u8]) -> Vec<u8> {
    let is_document = |name: &str| ["manifest.json", "index.json", "repositories"].contains(&name);
    let kept = spans(tar).into_iter().filter(|span| !is_document(&span.name));
    kept.flat_map(|span| tar[span.begin..span.end].to_vec()).collect()
}
