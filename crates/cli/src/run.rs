//! Parses the arguments, runs a command and returns the exit code.

use clap::CommandFactory as _;

use crate::command_line::{Arguments, Command};
use crate::commands;
use crate::complete;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::help;
use crate::hints;
use crate::log;
use crate::output;
use crate::session::Session;
use crate::usage_error;

/// Runs the command that the arguments of the process name.
pub(crate) fn run() -> ExitCode {
    let code = complete::answer().unwrap_or_else(run_command);
    output::end(code)
}

fn run_command() -> ExitCode {
    let arguments = match help::parse() {
        Ok(arguments) => arguments,
        Err(mut error) => {
            if error.use_stderr() {
                hints::command::suggest(&mut error);
                return usage_error::show(&error, asks_for_json());
            }
            // Help and version.
            output::text(&error.render().ansi().to_string());
            return ExitCode::DONE;
        }
    };
    anstream::ColorChoice::from(arguments.global.color).write_global();
    if arguments.global.json_lines() {
        output::use_json_lines();
    }
    log::start(arguments.global.verbose);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::error_line(&format!("error: cannot start: {error}"));
            return ExitCode::FAILED;
        }
    };
    let session = Session::new(arguments.global);
    let result: Result<ExitCode, Failure> = runtime.block_on(async {
        session.obey_signals();
        let takes_several = matches!(arguments.command, Some(Command::Load(_) | Command::Fetch(_)));
        session.global.engine.check(takes_several, words())?;
        match arguments.command {
            Some(command) => dispatch(command, &session).await,
            None => commands::overview::run(&session).await,
        }
    });
    // Waits for blocking threads. They were cancelled, and clean up before they end.
    drop(runtime);
    match result {
        Ok(code) => code,
        Err(failure) => {
            if session.global.json() {
                output::json(&serde_json::json!({ "error": failure }));
            }
            failure.show();
            failure.code()
        }
    }
}

/// Returns `true` if `--json` is passed, also if the arguments cannot be parsed.
fn asks_for_json() -> bool {
    words()
        .take_while(|word| word != "--")
        .any(|word| word == "--json" || word.starts_with("--json="))
}

/// Returns the arguments of the process.
fn words() -> impl Iterator<Item = String> {
    std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned())
}

async fn dispatch(command: Command, session: &Session) -> Result<ExitCode, Failure> {
    match command {
        Command::Build(arguments) => commands::build::run(*arguments, session).await,
        Command::Update(arguments) => commands::update::run(arguments, session).await,
        Command::List(arguments) => commands::list::run(arguments, session).await,
        Command::Show(arguments) => commands::show::run(arguments, session).await,
        Command::Diff(arguments) => commands::diff::run(arguments, session).await,
        Command::Path(arguments) => commands::path::run(arguments, session).await,
        Command::Cat(arguments) => commands::cat::run(arguments, session).await,
        Command::Config(arguments) => commands::config::run(arguments, session).await,
        Command::Export(arguments) => commands::export::run(arguments, session).await,
        #[cfg(feature = "remote")]
        Command::Publish(arguments) => commands::publish::run(*arguments, session).await,
        #[cfg(not(feature = "remote"))]
        Command::Publish(_) => commands::left_out::run("publish", "remote"),
        #[cfg(feature = "remote")]
        Command::Fetch(arguments) => commands::fetch::run(arguments, session).await,
        #[cfg(not(feature = "remote"))]
        Command::Fetch(_) => commands::left_out::run("fetch", "remote"),
        #[cfg(feature = "serve")]
        Command::Serve(arguments) => commands::serve::run(arguments, session).await,
        #[cfg(not(feature = "serve"))]
        Command::Serve(_) => commands::left_out::run("serve", "serve"),
        Command::Load(arguments) => commands::load::run(arguments, session).await,
        Command::Add(arguments) => commands::add::run(arguments, session).await,
        Command::Tag(arguments) => commands::tag::run(arguments, session).await,
        Command::Verify(arguments) => commands::verify::run(arguments, session).await,
        Command::Clean(arguments) => commands::clean::run(arguments, session).await,
        Command::Name(command) => commands::name::run(command, session),
        Command::Env(arguments) => commands::env::run(arguments, session).await,
        Command::Completions(arguments) => commands::completions::run(arguments),
        Command::Version => Ok(commands::version::run(session)),
        Command::Man(arguments) => Ok(commands::man::run(arguments, Arguments::command())),
        Command::Options => {
            output::text(&help::global_options());
            Ok(ExitCode::DONE)
        }
    }
}
