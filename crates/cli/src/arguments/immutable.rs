//! The argument `--immutable`.

use clap::Args;

/// The option that refuses another build of a release that is in the folder.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct ImmutableArguments {
    /// Refuse another build of a release that is in the folder; so does SEALIFT_IMMUTABLE=1
    #[arg(long)]
    immutable: bool,
}

impl ImmutableArguments {
    /// Returns `true` if releases are immutable, by the flag or by `SEALIFT_IMMUTABLE`.
    pub(crate) fn is_set(self) -> bool {
        let variable = std::env::var("SEALIFT_IMMUTABLE").unwrap_or_default();
        self.immutable || !matches!(variable.trim(), "" | "0" | "false" | "no")
    }
}
