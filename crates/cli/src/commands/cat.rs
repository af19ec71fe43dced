//! `sealift cat`.

use std::io::IsTerminal as _;

use clap::Args;
use sealift_workflow::archive::Compression;
use sealift_workflow::{Cluster, Error, cat, cat_for};

use crate::arguments::choose::ChooseArguments;
use crate::arguments::completer;
use crate::commands::export::form;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::output;
use crate::session::Session;

/// Write an archive as a plain tar to standard output
#[derive(Debug, Args)]
#[command(after_help = "\
The archive is verified while it is written; its end marker is withheld until
verification succeeds. It carries the name of its file and no other.

--for writes it as `sealift export` does: one image for one platform, without
attestations, under its name with the registry.

Examples:
  sealift cat web | ssh edge docker load
  sealift cat web --for containerd | ssh node ctr -n k8s.io images import -")]
pub(crate) struct CatArguments {
    #[command(flatten)]
    choose: ChooseArguments,
    /// What imports the tar: k3s, rke2, k0s, containerd, kind or docker
    #[arg(long = "for", value_name = "CLUSTER", add = completer::one_of(&["k3s", "rke2", "k0s", "containerd", "kind", "docker"]))]
    cluster: Option<Cluster>,
    /// Compress the tar: zst or gz
    #[arg(long, value_name = "FORMAT", add = completer::one_of(&["zst", "gz"]), requires = "cluster")]
    compress: Option<Compression>,
}

pub(crate) async fn run(arguments: CatArguments, session: &Session) -> Result<ExitCode, Failure> {
    let query = arguments.choose.query()?;
    let form = arguments.cluster.map(|cluster| form(cluster, arguments.compress)).transpose()?;
    if std::io::stdout().is_terminal() {
        return Err(Failure::usage(
            "`sealift cat` writes a tar, which a terminal can't show; send it into a pipe or a file",
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
