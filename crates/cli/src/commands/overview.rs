//! `sealift` without a command: the latest archives, and suggestions what to run.

use sealift_workflow::store::Store;
use sealift_workflow::{ListOptions, list};

use crate::archive_table::{Layout, Row, table, totals};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::format;
use crate::output;
use crate::session::Session;

pub(crate) async fn run(session: &Session) -> Result<ExitCode, Failure> {
    let (dir, source) = session.dir_and_source();
    let shown = format::path(&dir);
    // At first, the folder does not exist. A folder that cannot be read is an error.
    let archives = match Store::open(&dir) {
        Ok(store) => {
            let options = ListOptions::default().with_only_latest(true);
            list(&store, &options, &session.run()).await?.archives
        }
        Err(_) if !dir.exists() => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    if session.global.json() {
        output::json(&archives);
        return Ok(ExitCode::DONE);
    }
    let next = if archives.is_empty() {
        output::text(&format!("No archives in {shown} ({source}).\n"));
        BEGINNING
    } else {
        output::text(&format!("The latest archives in {shown} ({source}):\n\n"));
        let rows: Vec<Row<'_>> = archives.iter().map(Row::from).collect();
        output::text(&(table(&rows, &Layout::new()) + &totals(&rows)));
        NEXT
    };
    if !session.global.quiet {
        output::text(next);
    }
    Ok(ExitCode::DONE)
}

const BEGINNING: &str = "
Get started:
  sealift build IMAGE:VERSION PATH          build an image
  sealift update IMAGE:VERSION --compress   save it into the folder
  sealift add FILE                          import an archive
  sealift env                               show which engine is used, and why
  sealift --help                            list all commands
";

const NEXT: &str = "
Next:
  sealift list                              list all archives
  sealift update IMAGE:VERSION --compress   save an image from the engine
  sealift publish DEST                      copy these to a bucket or a server
  sealift config BASEURL                    write the config for clusters
  sealift load --latest                     load all of these into the engine
  sealift --help                            list all commands
";
