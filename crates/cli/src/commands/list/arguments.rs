//! The arguments of `sealift list`.

use clap::Args;

use crate::archive_table::{Column, Layout, Row, Sort, table};
use crate::arguments::completer;
use crate::arguments::latest::LatestArguments;
use crate::session::Session;

/// List the archives in the folder or at a published place
#[derive(Debug, Args)]
#[command(mut_arg("platform", |arg| arg.help("Only archives for this platform; those without a record are read")))]
#[command(after_help = "\
DEST is a place that `sealift publish` wrote to, or the config in it. It
contains `://`, or begins with `/` or `.`, which no image does.

An image may contain `*`, which stands for any text, and `?`, which stands for
any character. They select versions after a colon. Quote them for the shell.

Examples:
  sealift list
  sealift list 'team/*' --sort size
  sealift list web --latest --release
  sealift list web:1.4.0.7
  sealift list s3://builds/images
  sealift list ./published/images.json web
  sealift list --columns path,size --quiet
  sealift list --json | jq -r '.[].path'")]
pub(crate) struct ListArguments {
    /// A published place; then only these images, and of those with a version only that version
    #[arg(value_name = "DEST|IMAGE[:VERSION]", add = completer::references())]
    pub(super) images: Vec<String>,
    /// Only the latest archive of every image
    #[arg(long)]
    pub(super) latest: bool,
    #[command(flatten)]
    pub(super) latest_by: LatestArguments,
    /// Only dirty versions, which --release leaves out
    #[arg(long, conflicts_with = "release")]
    pub(super) dirty: bool,
    /// The order: name, version (the highest first), size (the largest first) or age (the newest
    /// first)
    #[arg(long, value_enum, hide_possible_values = true)]
    #[arg(default_value_t = Sort::Name, value_name = "ORDER")]
    pub(super) sort: Sort,
    /// Only these columns, separated by commas: image, version, platform, id, size, saved, format,
    /// state, path, digest; with --quiet without a header
    #[arg(long, value_enum, hide_possible_values = true)]
    #[arg(value_delimiter = ',', value_name = "COLUMN,…")]
    columns: Vec<Column>,
}

impl ListArguments {
    /// Returns archives as a table, with a line of totals unless columns are chosen.
    pub(super) fn table(&self, rows: &[Row<'_>], totals: &str, session: &Session) -> String {
        let has_header = self.columns.is_empty() || !session.global.quiet;
        let layout = Layout { columns: &self.columns, has_header, ..Layout::new() };
        let totals = if self.columns.is_empty() { totals } else { "" };
        table(rows, &layout) + totals
    }
}
