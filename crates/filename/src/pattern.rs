//! The published texts that the types of this crate implement.

/// The published pattern of an archive's file name.
///
/// [`ArchiveName::parse`](crate::ArchiveName::parse) accepts what this matches as a **whole**: the
/// pattern itself has no anchors. It is in the common syntax of Python's `re` and Rust's `regex`.
pub const ARCHIVE_NAME_PATTERN: &str =
    r"(?P<image>.+)_(?P<version>[^_]*)_(?P<imageid>[0-9a-f]{12})\.(?P<archfmt>[^.]*)";

/// The published template of an archive's file name, in the syntax of Python's `str.format`.
pub const ARCHIVE_NAME_TEMPLATE: &str = "{image}_{version}_{imageid}.{archfmt}";

/// The published pattern of a dirty version, one whose content the version number doesn't pin down.
///
/// [`Version::is_dirty`](crate::Version::is_dirty) accepts what this matches, with `\d` as the
/// ASCII digits and `$` as the very end.
pub const DIRTY_VERSION_PATTERN: &str = r"^(latest|dev|.*[.+]dirty|\d+\.\d+\.\d+\.0)$";
