//! Options of an export.

use crate::export::cluster::{Cluster, ExportForm};
use crate::setters::setters;

/// Options of [`export`](crate::export()).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportOptions {
    /// The form of the files, for the cluster that imports them.
    pub form: ExportForm,
    /// The number of versions of each exported image to keep in the folder. Older ones are removed
    /// after the export. `None` removes nothing.
    ///
    /// Releases and dirty builds are counted separately, for each platform. The newest release and
    /// the files of this export are always kept.
    pub keep: Option<usize>,
}

impl ExportOptions {
    /// Creates options that remove nothing.
    pub fn new(form: impl Into<ExportForm>) -> Self {
        Self { form: form.into(), keep: None }
    }

    setters! {
        form with_form: ExportForm,
        keep with_keep: Option<usize>,
    }
}

impl From<Cluster> for ExportOptions {
    fn from(cluster: Cluster) -> Self {
        Self::new(cluster)
    }
}
