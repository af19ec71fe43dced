//! `sealift serve`.

mod client_config;
mod systemd;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::ValueHint;
use sealift_workflow::filename::Printable;
use sealift_workflow::server::{ServedRequest, public_address};
use sealift_workflow::{ErrorKind, Listen, ServeOptions, Serving, serve};

use crate::commands::serve::client_config::{Client, ServerAccess, last_certificate};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::format;
use crate::output;
use crate::session::Session;

/// Serve the folder over HTTP, as a read-only registry and as files
#[derive(Debug, Args)]
#[command(after_help = "\
Engines pull images from the server: `docker pull HOST:5000/web:1.4.0.7`. For
`sealift fetch`, the server has the archives as files, and an images.json that
lists the latest ones.

Only verified archives are served. Changes of the folder take effect within two
seconds. Without --listen, only this machine can connect. The certificate, key
and logins are read again when they change.

With --json, the first line describes the server and each following line an
answered request. With -v, requests are printed on standard error.

Examples:
  sealift serve
  sealift serve --listen 0.0.0.0:5000
  sealift serve --listen 0.0.0.0:5000 --tls-cert server.pem --tls-key server.key
  sealift serve --listen 0.0.0.0:5000 --print-config k3s")]
pub(crate) struct ServeArguments {
    /// Address and port to listen on; can be repeated; port 0 is any free port
    /// [default: 127.0.0.1:5000, or the sockets that systemd passes]
    #[arg(long, value_name = "ADDR:PORT", value_parser = address, verbatim_doc_comment)]
    listen: Vec<SocketAddr>,
    /// Use TLS with this certificate chain, a PEM file
    #[arg(long, value_name = "FILE", requires = "tls_key", value_hint = ValueHint::FilePath)]
    tls_cert: Option<PathBuf>,
    /// Key of the certificate, a PEM file without a passphrase
    #[arg(long, value_name = "FILE", requires = "tls_cert", value_hint = ValueHint::FilePath)]
    tls_key: Option<PathBuf>,
    /// Require a login in this file, as written by htpasswd -B
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    auth: Option<PathBuf>,
    /// Print the configuration with which an engine pulls from this server, and exit
    #[arg(long, value_enum, value_name = "ENGINE")]
    print_config: Option<Client>,
}

/// Parses an address with a port.
fn address(text: &str) -> Result<SocketAddr, String> {
    let port = text.strip_prefix(':').unwrap_or(text);
    text.parse().map_err(|_| match port.parse::<u16>() {
        Ok(_) => format!(
            "the address is missing; pass 127.0.0.1:{port}, or 0.0.0.0:{port} to accept \
             connections from other machines"
        ),
        Err(_) => {
            "expected an IP address and a port, such as 0.0.0.0:5000 or [::1]:5000".to_owned()
        }
    })
}

impl ServeArguments {
    fn listen(&self) -> Result<Listen, Failure> {
        match (systemd::passes_sockets(), self.listen.is_empty()) {
            (true, true) => Ok(Listen::Passed),
            (true, false) => {
                Err(Failure::usage("--listen cannot be used with sockets that systemd passes"))
            }
            (false, true) => Ok(ServeOptions::default().listen),
            (false, false) => Ok(Listen::Addresses(self.listen.clone())),
        }
    }

    /// Returns the address and the requirements of the server, for the configuration of clients.
    fn access(&self) -> Result<ServerAccess, Failure> {
        let Listen::Addresses(addresses) = self.listen()? else {
            return Err(Failure::usage(
                "--print-config requires --listen with the address that clients use",
            ));
        };
        let authority = self.tls_cert.as_deref().map(authority).transpose()?;
        let needs_login = self.auth.is_some();
        Ok(ServerAccess { host: public_address(&addresses), authority, needs_login })
    }
}

/// Reads the certificate that clients must trust.
fn authority(file: &Path) -> Result<String, Failure> {
    let fails = |reason: String| {
        let message = format!("cannot use the certificate {}", file.display());
        Failure::new(ErrorKind::Usage, message, Some(reason))
    };
    let pem = fs::read_to_string(file).map_err(|error| fails(error.to_string()))?;
    last_certificate(&pem)
        .ok_or_else(|| fails("the file contains no certificate in PEM format".into()))
}

pub(crate) async fn run(arguments: ServeArguments, session: &Session) -> Result<ExitCode, Failure> {
    if let Some(client) = arguments.print_config {
        let server = arguments.access()?;
        session.notice(&client.place(&server));
        output::data(client.config(&server));
        return Ok(ExitCode::DONE);
    }
    let store = session.store()?;
    let root = format::path(store.root());
    let options = ServeOptions::default()
        .with_listen(arguments.listen()?)
        .with_tls(arguments.tls_cert.zip(arguments.tls_key))
        .with_auth(arguments.auth);
    let (json, verbose) = (session.global.json(), session.global.verbose);
    let on_start = |serving: &Serving| {
        match json {
            true => output::json_line(serving),
            false => session.result(&text(serving, &root)),
        }
        if sends_bare_passwords(serving) {
            session.notice(
                "warning: passwords are sent unencrypted; pass --tls-cert and --tls-key, or use a \
                 reverse proxy with TLS",
            );
        }
        systemd::notify_ready();
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

fn is_tls(serving: &Serving) -> bool {
    serving.url.starts_with("https:")
}

fn is_public(serving: &Serving) -> bool {
    serving.addresses.iter().any(|address| !address.ip().is_loopback())
}

fn sends_bare_passwords(serving: &Serving) -> bool {
    serving.needs_login && !is_tls(serving) && is_public(serving)
}

fn text(serving: &Serving, root: &str) -> String {
    let Serving { addresses, host, url, summary, .. } = serving;
    let (images, archives) =
        (format::count(summary.images, "image"), format::count(summary.archives, "archive"));
    let size = format::size(summary.size);
    let scheme = if is_tls(serving) { "https" } else { "http" };
    let urls: Vec<String> =
        addresses.iter().map(|address| format!("{scheme}://{address}")).collect();
    let urls = urls.join(", ");
    let mut text = format!("serving {root} ({images}, {archives}, {size}) on {urls}\n");
    if summary.unverified > 0 {
        let archives = format::count(summary.unverified, "archive");
        text += &format!("  {archives} will be served after verification\n");
    }
    if serving.needs_login {
        text += &format!("  login  docker login {host}\n");
    }
    if let Some(example) = &summary.example {
        text += &format!("  pull   docker pull {host}/{}\n", Printable(example));
    }
    text += &format!("  fetch  sealift fetch {url}images.json\n");
    if is_public(serving) {
        text += match is_tls(serving) {
            true => "engines must trust the certificate; ",
            false => "docker accepts plain http only from 127.0.0.0/8; ",
        };
        text += "sealift serve --print-config docker\nshows what to set\n";
    }
    text
}

fn line(request: &ServedRequest) -> String {
    let ServedRequest { method, path, status, bytes, from, user, .. } = request;
    let user = user.as_ref().map_or_else(String::new, |user| format!("  {}", Printable(user)));
    format!("{from}{user}  {method} {}  {status}  {}", Printable(path), format::size(*bytes))
}
