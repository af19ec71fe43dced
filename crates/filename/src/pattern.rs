//! The published patterns that the types of this crate implement.

/// The published pattern of an archive's file name.
///
/// [`ArchiveName::parse`](crate::ArchiveName::parse) accepts texts that this matches
/// **completely**; the pattern itself has no anchors. Its syntax is valid for Python's `re` and for
/// Rust's `regex`.
pub const ARCHIVE_NAME_PATTERN: &str =
    r"(?P<image>.+)_(?P<version>[^_]*)_(?P<imageid>[0-9a-f]{12})\.(?P<archfmt>[^.]*)";

/// The published template of an archive's file name, in the syntax of Python's `str.format`.
pub const ARCHIVE_NAME_TEMPLATE: &str = "{image}_{version}_{imageid}.{archfmt}";

/// The published pattern of a dirty version, which does not determine the content of an image.
///
/// [`Version::is_dirty`](crate::Version::is_dirty) returns `true` for texts that this matches. `\d`
/// means ASCII digits, and `$` means the end of the text.
pub const DIRTY_VERSION_PATTERN: &str = r"^(latest|dev|.*[.+]dirty|\d+\.\d+\.\d+\.0)$";
