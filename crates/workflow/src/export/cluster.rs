//! The clusters, and the forms of archives that they import.

use std::fmt;
use std::str::FromStr;

use sealift_archive::{Compression, Container};

/// A program that imports archives of images.
///
/// All of them import the same plain tar. They differ in the compressed forms that they support.
///
/// ```
/// use sealift_workflow::Cluster;
///
/// assert_eq!("k3s".parse::<Cluster>().unwrap(), Cluster::K3s);
/// assert!("swarm".parse::<Cluster>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cluster {
    /// k3s: imports the files in `/var/lib/rancher/k3s/agent/images`, and detects their form by the
    /// end of the file name.
    K3s,
    /// RKE2: imports the files in `/var/lib/rancher/rke2/agent/images`, in the same way as k3s.
    Rke2,
    /// k0s: imports every file in `/var/lib/k0s/images`. Compressed files are not supported.
    K0s,
    /// containerd: `ctr images import`. Only plain tars are supported before version 2.
    Containerd,
    /// kind: `kind load image-archive`. Only plain tars are supported.
    Kind,
    /// Docker or Podman: `docker load`. Docker supports zstd only since version 23.
    Docker,
}

/// The error for a text that is not a [`Cluster`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not supported; expected k3s, rke2, k0s, containerd, kind or docker")]
pub struct ParseClusterError(String);

impl Cluster {
    /// All clusters, in the order of the documentation.
    pub const ALL: [Self; 6] =
        [Self::K3s, Self::Rke2, Self::K0s, Self::Containerd, Self::Kind, Self::Docker];

    /// Returns the supported compressed forms. Plain tars are always supported.
    pub fn compressions(self) -> &'static [Compression] {
        match self {
            Self::K3s | Self::Rke2 => &Compression::ALL,
            Self::Docker => &[Compression::Gzip],
            Self::K0s | Self::Containerd | Self::Kind => &[],
        }
    }
}

impl fmt::Display for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::K3s => "k3s",
            Self::Rke2 => "rke2",
            Self::K0s => "k0s",
            Self::Containerd => "containerd",
            Self::Kind => "kind",
            Self::Docker => "docker",
        })
    }
}

impl FromStr for Cluster {
    type Err = ParseClusterError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|cluster| cluster.to_string() == text);
        named.ok_or_else(|| ParseClusterError(text.to_owned()))
    }
}

/// The form of an archive for a cluster: a plain tar or a compressed one.
///
/// ```
/// use sealift_workflow::archive::Compression;
/// use sealift_workflow::{Cluster, ExportForm};
///
/// let form = ExportForm::new(Cluster::K3s, Some(Compression::Zstd))?;
/// assert_eq!(form.ending(), "tar.zst");
/// assert_eq!(ExportForm::from(Cluster::K0s).ending(), "tar");
/// assert!(ExportForm::new(Cluster::K0s, Some(Compression::Zstd)).is_err());
/// # Ok::<(), sealift_workflow::UnsupportedCompression>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ExportForm {
    cluster: Cluster,
    compression: Option<Compression>,
}

/// The error for a form that a cluster does not support. The cluster would ignore the file or fail
/// to import it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{cluster} does not import .tar.{compression} files, only {}", Endings(*cluster))]
pub struct UnsupportedCompression {
    cluster: Cluster,
    compression: Compression,
}

/// The endings of the files that a cluster imports, joined for a message.
struct Endings(Cluster);

impl fmt::Display for Endings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(".tar")?;
        let compressions = self.0.compressions();
        for (at, compression) in compressions.iter().enumerate() {
            let separator = if at + 1 == compressions.len() { " and" } else { "," };
            write!(f, "{separator} .tar.{compression}")?;
        }
        Ok(())
    }
}

impl ExportForm {
    /// Creates the form of a tar with a compression, or of a plain tar if that is `None`.
    ///
    /// # Errors
    ///
    /// Returns an error if the cluster does not import it.
    pub fn new(
        cluster: Cluster,
        compression: Option<Compression>,
    ) -> Result<Self, UnsupportedCompression> {
        match compression {
            Some(compression) if !cluster.compressions().contains(&compression) => {
                Err(UnsupportedCompression { cluster, compression })
            }
            compression => Ok(Self { cluster, compression }),
        }
    }

    /// Returns the cluster.
    pub fn cluster(&self) -> Cluster {
        self.cluster
    }

    /// Returns the compression, or `None` for a plain tar.
    pub fn compression(&self) -> Option<Compression> {
        self.compression
    }

    /// Returns the ending of file names, without the first dot. Clusters recognize the form by it.
    pub fn ending(&self) -> String {
        ending(self.compression)
    }

    /// Returns the container around the plain tar.
    pub(crate) fn container(self) -> Container {
        container(self.compression)
    }
}

impl From<Cluster> for ExportForm {
    /// Returns the form that every version of the cluster supports: the plain tar.
    fn from(cluster: Cluster) -> Self {
        Self { cluster, compression: None }
    }
}

/// Returns the ending of the names of tars with this compression, without the first dot.
pub(crate) fn ending(compression: Option<Compression>) -> String {
    compression.map_or_else(|| "tar".to_owned(), |compression| format!("tar.{compression}"))
}

/// Returns the container of tars with this compression.
pub(crate) fn container(compression: Option<Compression>) -> Container {
    compression.map_or(Container::Tar, Compression::container)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_clusters_and_forms() {
        let mut table = String::new();
        for cluster in Cluster::ALL {
            assert_eq!(cluster.to_string().parse(), Ok(cluster));
            table += &format!("{cluster}:");
            for compression in [None].into_iter().chain(Compression::ALL.map(Some)) {
                table += &match ExportForm::new(cluster, compression) {
                    Ok(form) => format!(" .{}", form.ending()),
                    Err(error) => format!("\n  {error}"),
                };
            }
            table.push('\n');
        }
        insta::assert_snapshot!(table, @r"
        k3s: .tar .tar.zst .tar.gz
        rke2: .tar .tar.zst .tar.gz
        k0s: .tar
          k0s does not import .tar.zst files, only .tar
          k0s does not import .tar.gz files, only .tar
        containerd: .tar
          containerd does not import .tar.zst files, only .tar
          containerd does not import .tar.gz files, only .tar
        kind: .tar
          kind does not import .tar.zst files, only .tar
          kind does not import .tar.gz files, only .tar
        docker: .tar
          docker does not import .tar.zst files, only .tar and .tar.gz .tar.gz
        ");
    }
}
