//! `sealift cat`.

use std::io::IsTerminal as _;

use clap::Args;
use sealift_workflow::archive::Compression;
use sealift_workflow::{Cluster, Error, cat, cat_for};

use crate::arguments::choose::ChooseArguments;
use crate::arguments::one_of;
use crate::commands::export::form;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::output;
use crate::session::Session;

/// Write an archive to standard output as a plain tar
#[derive(Debug, Args)]
#[command(after_help = "\
The archive is verified while it is written; the end marker is withheld until
verification succeeds. The image has the tag of the file name and no other.

--for CLUSTER writes the tar that `sealift export` writes: one image for one
platform, without attestations, with a tag that includes the registry.

Examples:
  sealift cat web | ssh edge docker load
  sealift cat web --for containerd | ssh node ctr -n k8s.io images import -")]
pub(crate) struct CatArguments {
    #[command(flatten)]
    choose: ChooseArguments,
    /// Program that imports the tar
    #[arg(long = "for", value_name = "CLUSTER", value_parser = one_of::cluster())]
    cluster: Option<Cluster>,
    /// With --for: compress the tar
    #[arg(long, value_name = "FORMAT", value_parser = one_of::compression(), requires = "cluster")]
    compress: Option<Compression>,
}

pub(crate) async fn run(arguments: CatArguments, session: &Session) -> Result<ExitCode, Failure> {
    let query = arguments.choose.query()?;
    let form = arguments.cluster.map(|cluster| form(cluster, arguments.compress)).transpose()?;
    if std::io::stdout().is_terminal() {
        return Err(Failure::usage(
            "standard output is a terminal, which cannot show a tar; redirect it to a file or a pipe",
        ));
    }
    let (store, run) = (session.store()?, session.run());
    let written = match form {
        None => cat(&store, &query, output::ArchiveWriter, &run).await,
        Some(form) => cat_for(&store, &query, form, output::ArchiveWriter, &run).await,
    };
    match written {
        Err(Error::Output(error)) => output::fail(error),
        result => result?,
    }
    Ok(ExitCode::DONE)
}
