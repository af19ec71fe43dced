//! `sealift serve`.

mod client_config;

use std::net::SocketAddr;

use clap::Args;
use sealift_workflow::filename::Printable;
use sealift_workflow::server::{ServedRequest, public_address};
use sealift_workflow::{ServeOptions, Serving, serve};

use crate::commands::serve::client_config::Client;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::format;
use crate::output;
use crate::session::Session;

/// Serve the folder over HTTP: engines pull images from it, and `fetch` fetches archives
#[derive(Debug, Args)]
#[command(after_help = "\
The server is a read-only registry: `docker pull HOST:5000/web:1.4.0.7` gets the
layers that the engine lacks, out of the archive. It also serves the archives as
files, with an images.json that names the latest ones, for sealift fetch.

Only verified archives are served. Archives that are added or removed are
noticed within a second or two. There is neither TLS nor a login: others than
this machine reach the server only if --listen names one of its addresses.

With --json, the first line describes the server, and each further line a
request that was answered. With -v, requests are printed on standard error.

Examples:
  sealift serve
  sealift serve --listen 0.0.0.0:5000
  sealift serve --listen 0.0.0.0:5000 --print-config k3s")]
pub(crate) struct ServeArguments {
    /// The address and the port to listen at; port 0 is any free one
    #[arg(long, value_name = "ADDR:PORT", default_value_t = ServeOptions::default().address)]
    listen: SocketAddr,
    /// Print what an engine needs to pull from this server, and end: docker,
    /// podman, containerd, k3s or rke2
    #[arg(long, value_enum, value_name = "ENGINE", hide_possible_values = true)]
    print_config: Option<Client>,
}

pub(crate) async fn run(arguments: ServeArguments, session: &Session) -> Result<ExitCode, Failure> {
    if let Some(client) = arguments.print_config {
        let host = public_address(arguments.listen);
        session.notice(&client.place(&host));
        output::data(client.config(&host));
        return Ok(ExitCode::DONE);
    }
    let store = session.store()?;
    let root = format::path(store.root());
    let options = ServeOptions::default().with_address(arguments.listen);
    let (json, verbose) = (session.global.json, session.global.verbose);
    let on_start = |serving: &Serving| match json {
        true => output::json_line(serving),
        false => session.result(&text(serving, &root)),
    };
    let on_request = move |request: &ServedRequest| {
        if json {
            output::json_line(request);
        } else if verbose {
            output::error_line(&line(request));
        }
    };
    serve(&store, &options, on_start, on_request, &session.run()).await?;
    Ok(ExitCode::DONE)
}

fn text(serving: &Serving, root: &str) -> String {
    let Serving { address, host, summary, .. } = serving;
    let (images, archives) =
        (format::count(summary.images, "image"), format::count(summary.archives, "archive"));
    let size = format::size(summary.size);
    let mut text = format!("serving {root} ({images}, {archives}, {size}) on http://{address}\n");
    if summary.unverified > 0 {
        let archives = format::count(summary.unverified, "archive");
        text += &format!("  {archives} will be served after having been verified\n");
    }
    if let Some(example) = &summary.example {
        text += &format!("  pull   docker pull {host}/{}\n", Printable(example));
    }
    text += &format!("  fetch  sealift fetch http://{host}/images.json\n");
    if !address.ip().is_loopback() {
        text += "docker accepts plain http only from 127.0.0.0/8; sealift serve --print-config \
                 docker\nshows what to set\n";
    }
    text
}

fn line(request: &ServedRequest) -> String {
    let ServedRequest { method, path, status, bytes, from, .. } = request;
    format!("{from}  {method} {}  {status}  {}", Printable(path), format::size(*bytes))
}
