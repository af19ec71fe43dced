//! Where in a tar its entries stand, so that a test can damage a certain one.

/// Where an entry stands in a tar, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The entry's name.
    pub name: String,
    /// Where its first header begins: right behind the entry before.
    pub begin: usize,
    /// Where its content begins.
    pub content: usize,
    /// The size of its content.
    pub size: usize,
    /// Where the next entry begins, or the end marker.
    pub end: usize,
}

/// Finds the entries of a whole tar.
///
/// # Panics
///
/// If it is none.
pub fn spans(tar: &[u8]) -> Vec<Span> {
    let mut archive = tar::Archive::new(tar);
    let mut begin = 0;
    let entries = archive.entries().expect("a tar in memory can be read");
    entries
        .map(|entry| {
            let entry = entry.expect("a whole tar has whole entries");
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let position = usize::try_from(entry.raw_file_position());
            let content = position.expect("it is in memory");
            let size = usize::try_from(entry.size()).expect("it is in memory");
            let end = content + size.next_multiple_of(512);
            Span { name, begin: std::mem::replace(&mut begin, end), content, size, end }
        })
        .collect()
}

/// Returns the entries of a whole tar as they stand in it, but for the documents that name the
/// image. Those are what sealift writes anew.
///
/// # Panics
///
/// If it is no whole tar.
pub fn payload(tar: &[u8]) -> Vec<u8> {
    let is_document = |name: &str| ["manifest.json", "index.json", "repositories"].contains(&name);
    let kept = spans(tar).into_iter().filter(|span| !is_document(&span.name));
    kept.flat_map(|span| tar[span.begin..span.end].to_vec()).collect()
}
