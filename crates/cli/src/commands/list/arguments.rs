//! The arguments of `sealift list`.

use clap::Args;

use crate::archive_table::{Column, Layout, Row, Sort, table};
use crate::arguments::completer;
use crate::arguments::latest::LatestArguments;
use crate::session::Session;

/// List the archives in the folder or at a published destination
#[derive(Debug, Args)]
#[command(mut_arg("platform", |arg| arg.help("List only archives for this platform; archives without a record are read")))]
#[command(after_help = "\
DEST is a destination of `sealift publish`, or the config in it. An argument
that contains `://`, or begins with `/` or `.`, is a DEST.

Images can be patterns: `*` matches any text and `?` any character. A pattern
must match the complete name, including a registry: '*/team/*' matches
registry.example/team/web, and 'team/*' does not. A pattern with a colon selects
versions. Quote patterns for the shell.

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
    /// Published destination, if any, and images or versions to list [default: all]
    #[arg(value_name = "DEST|IMAGE[:VERSION]", add = completer::references())]
    pub(super) images: Vec<String>,
    /// List only the latest archive of each image
    #[arg(long)]
    pub(super) latest: bool,
    #[command(flatten)]
    pub(super) latest_by: LatestArguments,
    /// List only dirty versions, which --release ignores
    #[arg(long, conflicts_with = "release")]
    pub(super) dirty: bool,
    /// Sort order: the highest version, the largest or the newest archive is first
    #[arg(long, value_enum)]
    #[arg(default_value_t = Sort::Name, value_name = "ORDER")]
    pub(super) sort: Sort,
    /// Print only these columns, separated by commas; with --quiet, without a header
    #[arg(long, value_enum)]
    #[arg(value_delimiter = ',', value_name = "COLUMN,…")]
    columns: Vec<Column>,
}

impl ListArguments {
    /// Returns the table of archives. A line of totals follows unless columns are chosen.
    pub(super) fn table(&self, rows: &[Row<'_>], totals: &str, session: &Session) -> String {
        let has_header = self.columns.is_empty() || !session.global.quiet;
        let layout = Layout { columns: &self.columns, has_header, ..Layout::new() };
        let totals = if self.columns.is_empty() { totals } else { "" };
        table(rows, &layout) + totals
    }
}
