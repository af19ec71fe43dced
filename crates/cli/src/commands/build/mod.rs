//! `sealift build`.

mod arguments;
mod parse_size;
mod positional;
mod request;
mod text;

use std::path::Path;

use sealift_workflow::filename::Reference;
use sealift_workflow::{UpdateOptions, build};

use crate::arguments::immutable::ImmutableArguments;
use crate::commands::build::positional::Positional;
use crate::commands::update::update_and_show;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::output;
use crate::session::Session;

pub(crate) use arguments::BuildArguments;

pub(crate) async fn run(arguments: BuildArguments, session: &Session) -> Result<ExitCode, Failure> {
    let positional = Positional::read(&arguments)?;
    let [first, ..] = &positional.images[..] else {
        return Err(Failure::usage("no name for the image"));
    };
    refuse_what_needs_buildx(&arguments, first, &positional.path)?;
    let engine = session.engine()?;
    let request = request::request(&arguments, &positional, &engine, session)?;
    let built = build(&engine, request, &session.run()).await;
    session.progress.end_build();
    let built = built?;
    if arguments.update {
        for image in &positional.images {
            session.progress.line(&text::summary(image, &built));
        }
        let options = UpdateOptions::default()
            .with_compress(arguments.compress)
            .with_level(arguments.level)
            .with_clean(arguments.clean)
            .with_immutable(ImmutableArguments::default().is_set());
        return update_and_show(&positional.images, &options, session).await;
    }
    if session.global.json() {
        output::json(&text::document(first, &positional.images, &built));
    } else if session.global.quiet {
        // `docker build -q` prints the same.
        output::data(format!("{}\n", built.id));
    } else {
        for image in &positional.images {
            output::text(&(text::summary(image, &built) + "\n"));
        }
    }
    Ok(ExitCode::DONE)
}

/// Refuses the options that need `docker buildx`: the build endpoint of the engine lacks them.
fn refuse_what_needs_buildx(
    arguments: &BuildArguments,
    image: &Reference,
    path: &Path,
) -> Result<(), Failure> {
    let given = [("--secret", &arguments.secrets), ("--ssh", &arguments.ssh)];
    let options: Vec<String> = given
        .into_iter()
        .flat_map(|(option, values)| values.iter().map(move |value| format!("{option} {value}")))
        .collect();
    if options.is_empty() {
        return Ok(());
    }
    let options = options.join(" ");
    let message = format!(
        "`{options}` is not supported: the engine's build endpoint accepts no secrets and no ssh keys"
    );
    let path = path.display();
    Err(Failure::usage(message).with_hint(format!(
        "run `docker buildx build --load {options} -t {image} {path}`, then `sealift update {image}`"
    )))
}
