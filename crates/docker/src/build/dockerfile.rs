//! Finds the Dockerfile of a build.

use std::fs;
use std::path::{Component, Path, PathBuf};

use sealift_oci::Hasher;

use crate::build::context_error::ContextError;
use crate::build::ignore_file::IGNORE_FILE;

/// The names of the default Dockerfile, in the order in which the docker CLI looks for them.
const DEFAULT_NAMES: [&str; 2] = ["Dockerfile", "dockerfile"];

/// A Dockerfile that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dockerfile {
    /// The name under which it is sent.
    pub(crate) name: String,
    /// The content, if the Dockerfile is not a file of the context.
    pub(crate) text: Option<Vec<u8>>,
    /// The path that an ignore file of its own would have.
    pub(crate) own_ignore_file: Option<PathBuf>,
}

impl Dockerfile {
    /// Finds the Dockerfile with this name, relative to the context, or the default one.
    ///
    /// It is read here if it cannot be sent with the folder: because it is outside of the context,
    /// in a folder that is never sent, or a pipe.
    pub(crate) fn find(
        root: &Path,
        name: Option<&str>,
        is_excluded: impl Fn(&Path) -> bool,
    ) -> Result<Self, ContextError> {
        let looked_for: Vec<&str> = name.map_or_else(|| DEFAULT_NAMES.to_vec(), |name| vec![name]);
        let found = looked_for.iter().find_map(|name| {
            let metadata = fs::metadata(root.join(name)).ok()?;
            (!metadata.is_dir()).then_some((*name, metadata.is_file()))
        });
        let Some((name, is_file)) = found else {
            let looked_for = looked_for.into_iter().map(str::to_owned).collect();
            return Err(ContextError::NoDockerfile { looked_for, path: root.to_owned() });
        };
        let path = root.join(name);
        let own_ignore_file = Some(root.join(format!("{name}{IGNORE_FILE}")));
        // If it is a link, the engine gets the name of the target, because the link itself may be
        // ignored.
        let inside = within(root, &path)
            .filter(|place| is_file && !is_excluded(place))
            .and_then(|place| place.into_os_string().into_string().ok());
        Ok(match inside {
            Some(name) => Self { name, text: None, own_ignore_file },
            None => Self { own_ignore_file, ..Self::of_text(root, read(&path)?) },
        })
    }

    /// Creates a Dockerfile that is not in the context. It is sent under a name that no file in the
    /// context has.
    pub(crate) fn of_text(root: &Path, text: Vec<u8>) -> Self {
        let mut hash = Hasher::new();
        hash.update(&text);
        let name = |hash: &Hasher| format!(".dockerfile.{}", &hash.clone().finish().hex()[..20]);
        while fs::symlink_metadata(root.join(name(&hash))).is_ok() {
            hash.update([0]);
        }
        Self { name: name(&hash), text: Some(text), own_ignore_file: None }
    }
}

/// Returns the path relative to a folder, with all links resolved, or `None` if it is outside of
/// it.
pub(crate) fn within(folder: &Path, path: &Path) -> Option<PathBuf> {
    let path = path.canonicalize().ok()?;
    let place = path.strip_prefix(folder.canonicalize().ok()?).ok()?;
    let is_plain = place.components().all(|part| matches!(part, Component::Normal(_)));
    is_plain.then(|| place.to_owned())
}

/// Reads a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, ContextError> {
    fs::read(path).map_err(|source| ContextError::Read { path: path.to_owned(), source })
}
