//! Finds the group that has permission to use a socket.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// The permission of a group to read and write.
const GROUP_MAY: u32 = 0o060;

/// Returns the name of the group whose members can use a socket, or its number if it has no name.
/// Returns `None` for the group of root, because users should not join it.
pub(crate) fn group_of(socket: &Path) -> Option<String> {
    let metadata = fs::metadata(socket).ok()?;
    let gid = metadata.gid();
    if gid == 0 || metadata.mode() & GROUP_MAY != GROUP_MAY {
        return None;
    }
    let groups = fs::read_to_string("/etc/group").unwrap_or_default();
    Some(name_of(gid, &groups).unwrap_or_else(|| gid.to_string()))
}

/// Returns the name of a group in `/etc/group`.
fn name_of(gid: u32, groups: &str) -> Option<String> {
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(gid)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::name_of;

    #[test]
    fn a_group_is_found_by_its_number() {
        let groups = "root:x:0:\n# comment\n\nusers:x:100:ann,bob\ndocker:x:998:\n";
        assert_eq!(name_of(998, groups).as_deref(), Some("docker"));
        assert_eq!(name_of(100, groups).as_deref(), Some("users"));
        assert_eq!(name_of(99, groups), None);
    }
}
