//! Writes the inputs that fuzzing begins with into the folder that is named.

use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1) else {
        eprintln!("usage: corpus FOLDER");
        return ExitCode::FAILURE;
    };
    match sealift_fuzz::corpus::write(folder.as_ref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot write the corpus: {error}");
            ExitCode::FAILURE
        }
    }
}
