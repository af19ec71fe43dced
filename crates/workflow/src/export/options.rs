//! How to export.

use crate::export::cluster::{Cluster, ExportForm};
use crate::setters::setters;

/// Options of [`export`](crate::export()).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportOptions {
    /// What imports the files, and in which form.
    pub form: ExportForm,
    /// Afterwards keep only so many versions of each exported image in the folder; `None` removes
    /// nothing.
    ///
    /// Released versions and dirty builds are counted separately, for each platform. What the call
    /// exports and the newest release always stay.
    pub keep: Option<usize>,
}

impl ExportOptions {
    /// Creates the options of an export that removes nothing.
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
