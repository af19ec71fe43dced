//! `sealift add`.

use sealift_workflow::{AddOptions, add};
use serde_json::json;

use crate::args::AddArguments;
use crate::commands::update::rebuilt_line;
use crate::exit_code::ExitCode;
use crate::failure::{self, Failure};
use crate::file_argument;
use crate::human;
use crate::output;
use crate::session::{Session, platform, reference};
use crate::table::printable;

pub(crate) async fn run(arguments: AddArguments, session: &Session) -> Result<ExitCode, Failure> {
    if arguments.name.is_some() && arguments.files.len() > 1 {
        return Err(Failure::usage("--name is for one file; add the files one by one"));
    }
    let options = AddOptions {
        name: arguments.name.as_deref().map(reference).transpose()?,
        every: arguments.every,
        compress: arguments.compress,
        level: arguments.level,
        platform: platform(arguments.platform.as_deref())?,
        immutable: Session::immutable(arguments.immutable),
    };
    let (store, _new_folder) = session.store_to_write()?;
    let mut code = ExitCode::DONE;
    let mut documents = Vec::new();
    for file in &arguments.files {
        let file = &file_argument::path(file)?;
        let (added, error) = match add(&store, file, &options, &session.run()).await {
            Ok(report) => (report.added, report.error),
            Err(error) => (Vec::new(), Some(error)),
        };
        for added in added {
            if session.global.json {
                documents.push(json!(added));
                continue;
            }
            let word = if added.added { "added" } else { "unchanged" };
            let size = human::size(added.size);
            let (image, version) = (added.image, printable(&added.version));
            let path = printable(&added.path.display().to_string());
            let line = format!("{image}:{version}  {word}  {path}  {size}\n");
            session.result(&line);
            if !added.replaces.is_empty() {
                session.notice(&rebuilt_line(&image, &version, &added.replaces));
            }
            if let Some(plain) = added.beside {
                session.notice(&format!(
                    "{image}:{version}  {} is still there: the same image as a plain tar",
                    printable(&plain.display().to_string()),
                ));
            }
        }
        if let Some(error) = error {
            failure::show(&error);
            documents.push(
                json!({ "from": file.to_string_lossy(), "error": failure::document(&error) }),
            );
            let its_code = ExitCode::of(error.kind());
            if its_code == ExitCode::INTERRUPTED {
                code = its_code;
                break;
            }
            if code == ExitCode::DONE {
                code = its_code;
            }
        }
    }
    if session.global.json {
        output::json(&documents);
    }
    Ok(code)
}
