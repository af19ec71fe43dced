//! The option that names the folder of archives.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// The option that names the folder.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct FolderArguments {
    /// Folder of archives [default: $SEALIFT_DIR, $ARTIFACTS_DIR or ./artifacts]
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    dir: Option<PathBuf>,
}

impl FolderArguments {
    /// Returns the path of the folder and the setting that chose it: `--dir`, `SEALIFT_DIR`,
    /// `ARTIFACTS_DIR` or the default, `./artifacts`.
    pub(crate) fn dir_and_source(&self) -> (PathBuf, &'static str) {
        if let Some(dir) = &self.dir {
            return (dir.clone(), "--dir");
        }
        for name in ["SEALIFT_DIR", "ARTIFACTS_DIR"] {
            if let Some(value) = std::env::var_os(name).filter(|value| !value.is_empty()) {
                return (value.into(), name);
            }
        }
        (PathBuf::from("artifacts"), "the default")
    }
}
