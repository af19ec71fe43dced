//! A web server that accepts uploads and counts requests.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use crate::run;

/// Timeout for its start.
const START: Duration = Duration::from_secs(20);
/// Path of the request that marks the end of the log.
const END: &str = "/end-of-the-log";

/// A separate nginx. It ends when this value is dropped.
pub(super) struct WebServer {
    child: Child,
    address: SocketAddr,
    folder: PathBuf,
}

/// The requests to a web server.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) requests: u64,
    /// Number of bytes that it sent, including the heads of answers.
    pub(super) bytes: u64,
}

impl WebServer {
    /// Starts the server in a new folder, with the programs in a `PATH`.
    pub(super) fn start(folder: &Path, path: &str) -> Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder.join("files"))?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        // Unpacked packages are next to the program, see `tools`.
        let program = std::env::split_paths(path)
            .map(|place| place.join("nginx"))
            .find(|file| file.is_file())
            .context("there is no nginx")?;
        let unpacked = program.with_extension("root");
        let root = if unpacked.is_dir() { unpacked } else { PathBuf::from("/") };
        let config = format!(
            "load_module {}/usr/lib/nginx/modules/ngx_http_dav_ext_module.so;
             daemon off; master_process off; pid nginx.pid; error_log error.log;
             events {{ }}
             http {{
               log_format asked '$request_method $uri $bytes_sent';
               access_log asked.log asked; default_type application/octet-stream;
               client_max_body_size 0; client_body_temp_path temp;
               proxy_temp_path temp-proxy; fastcgi_temp_path temp-fastcgi;
               uwsgi_temp_path temp-uwsgi; scgi_temp_path temp-scgi;
               sendfile on; keepalive_requests 100000;
               server {{
                 listen {address}; root files;
                 dav_methods PUT DELETE MKCOL MOVE; dav_ext_methods PROPFIND;
               }}
             }}",
            root.display()
        );
        fs::write(folder.join("nginx.conf"), config)?;
        // The server runs as another user.
        run::read(Command::new("chmod").args(["-R", "a+rwX"]).arg(folder))?;
        let mut command = Command::new(program);
        command.arg("-p").arg(folder).args(["-c", "nginx.conf", "-e", "error.log"]);
        let child = command.stdin(Stdio::null()).spawn().context("cannot run nginx")?;
        let mut server = Self { child, address, folder: folder.to_owned() };
        let started = Instant::now();
        while TcpStream::connect(address).is_err() {
            let log = server.folder.join("error.log");
            if let Some(status) = server.child.try_wait()? {
                bail!("nginx ended with {status}; see {}", log.display());
            }
            ensure!(started.elapsed() < START, "nginx does not start; see {}", log.display());
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(server)
    }

    /// Returns the folder that it serves.
    pub(super) fn files(&self) -> PathBuf {
        self.folder.join("files")
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the URL of its folder.
    pub(super) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Returns the requests since its start, or since the last call.
    pub(super) fn take_asked(&self) -> Result<Asked> {
        // It has one process, so all earlier requests are logged when this one is answered.
        let url = format!("http://{}{END}", self.address);
        run::read(Command::new("curl").args(["--silent", "--output", "/dev/null"]).arg(url))?;
        let path = self.folder.join("asked.log");
        let mut asked = Asked::default();
        let started = Instant::now();
        loop {
            let log = fs::read_to_string(&path)?;
            if log.lines().any(|line| line.contains(END)) {
                for line in log.lines().filter(|line| !line.contains(END)) {
                    let (_, bytes) = line.rsplit_once(' ').context("unexpected line in the log")?;
                    asked.requests += 1;
                    asked.bytes += bytes.parse::<u64>()?;
                }
                // The server continues to append.
                fs::OpenOptions::new().write(true).open(&path)?.set_len(0)?;
                return Ok(asked);
            }
            ensure!(started.elapsed() < START, "nginx writes no log");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for WebServer {
    fn drop(&mut self) {
        // The server may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
