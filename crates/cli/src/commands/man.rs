//! `sealift man`: what packages install beside the command; hidden, since people have `--help`.

use crate::args::ManArguments;
use crate::exit_code::ExitCode;
use crate::man;
use crate::output;
use crate::table::printable;

pub(crate) fn run(arguments: ManArguments) -> ExitCode {
    match man::write(&arguments.folder) {
        Ok(()) => ExitCode::DONE,
        Err(error) => {
            let folder = printable(&arguments.folder.display().to_string());
            output::error_line(&format!("error: cannot write manual pages to {folder}: {error}"));
            ExitCode::FAILED
        }
    }
}
