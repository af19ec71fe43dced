//! Prints the login that the docker CLI uses for a registry: `registry-login REGISTRY`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use sealift_credentials::Credentials;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [registry] = arguments.as_slice() else {
        bail!("usage: registry-login REGISTRY");
    };
    println!("{}", login(&config_folder()?, registry).await?);
    Ok(())
}

/// Returns the folder of the docker CLI's config file.
fn config_folder() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os("DOCKER_CONFIG") {
        return Ok(folder.into());
    }
    Ok(std::env::home_dir().context("there is no home folder")?.join(".docker"))
}

/// Describes the login for a registry, without its secret.
async fn login(config: &Path, registry: &str) -> Result<String> {
    let login = Credentials::read(config)?.find(registry).await?;
    Ok(match login {
        None => format!("{registry}: no login"),
        Some(login) => match login.user() {
            Some(user) => format!("{registry}: {user}"),
            None => format!("{registry}: an identity token"),
        },
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[tokio::test]
    async fn the_secret_is_not_printed() {
        let folder = tempfile::tempdir().unwrap();
        // ann:sesame
        let config = r#"{"auths": {"registry.example": {"auth": "YW5uOnNlc2FtZQ=="}}}"#;
        fs::write(folder.path().join("config.json"), config).unwrap();
        let printed = async |registry| login(folder.path(), registry).await.unwrap();
        assert_eq!(printed("registry.example").await, "registry.example: ann");
        assert_eq!(printed("other.example").await, "other.example: no login");
    }
}
