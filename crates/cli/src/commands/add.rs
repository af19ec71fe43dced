//! `sealift add`.

use sealift_workflow::{AddOptions, add};
use serde_json::json;

use crate::args::AddArguments;
use crate::exit_code::ExitCode;
use crate::failure::{self, Failure};
use crate::human;
use crate::output;
use crate::session::{Session, reference};

pub(crate) async fn run(arguments: AddArguments, session: &Session) -> Result<ExitCode, Failure> {
    if arguments.name.is_some() && arguments.files.len() > 1 {
        return Err(Failure::usage("--name is for one file; add the files one by one"));
    }
    let options = AddOptions {
        name: arguments.name.as_deref().map(reference).transpose()?,
        every: arguments.every,
        compress: arguments.compress,
        level: arguments.level,
    };
    let store = session.store_to_write()?;
    let root = store.root().display().to_string();
    let mut code = ExitCode::DONE;
    let mut documents = Vec::new();
    for file in &arguments.files {
        match add(&store, file, &options, &session.context()).await {
            Ok(added) if session.global.json => {
                documents.extend(added.into_iter().map(|added| json!(added)));
            }
            Ok(added) => {
                for added in added {
                    let word = if added.added { "added" } else { "unchanged" };
                    let size = human::size(added.size);
                    let (image, version) = (added.image, added.version);
                    let line =
                        format!("{image}:{version}  {word}  {root}/{}  {size}\n", added.archive);
                    session.progress.data(&line);
                }
            }
            Err(error) => {
                failure::show(&error);
                documents.push(json!({ "from": file, "error": failure::one_line(&error) }));
                if code == ExitCode::DONE {
                    code = ExitCode::of(error.kind());
                }
                if code == ExitCode::INTERRUPTED {
                    break;
                }
            }
        }
    }
    if session.global.json {
        output::json(&documents);
    }
    Ok(code)
}
