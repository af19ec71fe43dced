//! The option `--immutable`.

use clap::Args;

/// The option that refuses to replace a release.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct ImmutableArguments {
    /// Refuse another build of a release in the folder [env: SEALIFT_IMMUTABLE=1]
    #[arg(long)]
    immutable: bool,
}

impl ImmutableArguments {
    /// Returns `true` if the option is passed or `SEALIFT_IMMUTABLE` is set.
    pub(crate) fn is_set(self) -> bool {
        let variable = std::env::var("SEALIFT_IMMUTABLE").unwrap_or_default();
        self.immutable || !matches!(variable.trim(), "" | "0" | "false" | "no")
    }
}
