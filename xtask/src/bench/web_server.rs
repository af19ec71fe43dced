//! A web server that takes uploads, and counts what it is asked for.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use crate::run;

/// How long it may take to start.
const START: Duration = Duration::from_secs(20);
/// What its log ends with.
const END: &str = "/end-of-the-log";

/// An nginx of its own. It ends with this value.
pub(super) struct WebServer {
    child: Child,
    address: SocketAddr,
    folder: PathBuf,
}

/// What a web server was asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) requests: u64,
    /// What it sent, heads of answers included.
    pub(super) bytes: u64,
}

impl WebServer {
    /// Starts it in a new folder, by programs that are found on this path.
    pub(super) fn start(folder: &Path, path: &str) -> Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder.join("files"))?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        // Packages that were unpacked lie beside the program, see `tools`.
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
        // The server runs as somebody else.
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

    /// Returns what it was asked for since it started, or since the last call.
    pub(super) fn take_asked(&self) -> Result<Asked> {
        // It has one process, so that all before this request is logged when it is answered.
        let url = format!("http://{}{END}", self.address);
        run::read(Command::new("curl").args(["--silent", "--output", "/dev/null"]).arg(url))?;
        let path = self.folder.join("asked.log");
        let mut asked = Asked::default();
        let started = Instant::now();
        loop {
            let log = fs::read_to_string(&path)?;
            if log.lines().any(|line| line.contains(END)) {
                for line in log.lines().filter(|line| !line.contains(END)) {
                    let (_, bytes) = line.rsplit_once(' ').context("an odd line in the log")?;
                    asked.requests += 1;
                    asked.bytes += bytes.parse::<u64>()?;
                }
                // It appends, also after this.
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
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
