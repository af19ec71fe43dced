//! Web servers for tests. Each has a folder and a port, and ends when it is dropped.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its server fails")]

use std::fs::{self, Permissions};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use crate::program;

/// A web server on this machine.
pub struct WebServer {
    process: Child,
    address: SocketAddr,
    folder: tempfile::TempDir,
    is_tls: bool,
}

/// The features of an nginx in addition to serving files.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nginx {
    /// TLS, with a certificate for 127.0.0.1 by the authority in [`WebServer::authority`].
    pub tls: bool,
    /// The required user and password, for the realm `vault`.
    pub login: Option<(&'static str, &'static str)>,
    /// Uploads: PUT, DELETE, MKCOL, MOVE.
    pub uploads: bool,
    /// Listings: PROPFIND.
    pub lists: bool,
}

impl WebServer {
    /// Starts an nginx. Returns `None` if it is not installed.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn nginx(options: Nginx) -> Option<Self> {
        let nginx = program("nginx")?;
        let modules = system_root(&nginx).join("usr/lib/nginx/modules");
        Some(Self::start(options.tls, |folder, address| {
            let mut server = format!("listen {address}{};", if options.tls { " ssl" } else { "" });
            if options.tls {
                write_certificates(folder);
                server.push_str("ssl_certificate server.pem; ssl_certificate_key key.pem;");
            }
            if let Some((user, password)) = options.login {
                fs::write(folder.join("logins"), format!("{user}:{{PLAIN}}{password}\n")).unwrap();
                server.push_str("auth_basic vault; auth_basic_user_file logins;");
            }
            if options.uploads {
                server.push_str("dav_methods PUT DELETE MKCOL MOVE;");
            }
            let mut load = String::new();
            if options.lists {
                let module = modules.join("ngx_http_dav_ext_module.so");
                load = format!("load_module {};", module.display());
                server.push_str("dav_ext_methods PROPFIND;");
            }
            let config = format!(
                "{load} daemon off; master_process off; pid nginx.pid; error_log error.log;
                 events {{ }}
                 http {{
                   access_log off; default_type application/octet-stream;
                   client_max_body_size 0; client_body_temp_path temp;
                   proxy_temp_path temp-proxy; fastcgi_temp_path temp-fastcgi;
                   uwsgi_temp_path temp-uwsgi; scgi_temp_path temp-scgi;
                   server {{ root files; {server} }}
                 }}"
            );
            fs::write(folder.join("nginx.conf"), config).unwrap();
            let mut command = Command::new(&nginx);
            command.arg("-p").arg(folder).args(["-c", "nginx.conf", "-e", "error.log"]);
            command
        }))
    }

    /// Starts an Apache with WebDAV. Returns `None` if it is not installed.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn apache() -> Option<Self> {
        let apache = program("apache2")?;
        let modules = system_root(&apache).join("usr/lib/apache2/modules");
        Some(Self::start(false, |folder, address| {
            let names = ["mpm_prefork", "authn_core", "authz_core", "dav", "dav_fs", "mime"];
            let load = |name: &str| {
                format!("LoadModule {name}_module {}/mod_{name}.so\n", modules.display())
            };
            let load: String = names.iter().map(|name| load(name)).collect();
            let shown = folder.display();
            let config = format!(
                "{load}
                 ServerRoot {shown}\nServerName localhost\nListen {address}
                 PidFile {shown}/pid\nErrorLog {shown}/error.log\nTypesConfig /dev/null
                 Mutex file:{shown}\nDavLockDB {shown}/files/.locks\nUser nobody\nGroup nogroup
                 KeepAliveTimeout 50ms\nDocumentRoot {shown}/files
                 <Directory {shown}/files>\nDav On\nRequire all granted\n</Directory>\n"
            );
            fs::write(folder.join("apache.conf"), config).unwrap();
            let mut command = Command::new(&apache);
            // A single process, which serves one connection after the other.
            command.arg("-X").arg("-f").arg(folder.join("apache.conf"));
            command
        }))
    }

    /// Starts an rclone that serves WebDAV. Returns `None` if it is not installed.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn rclone() -> Option<Self> {
        let rclone = program("rclone")?;
        Some(Self::start(false, |folder, address| {
            let mut command = Command::new(&rclone);
            command.args(["serve", "webdav", "--config", "", "--addr", &address.to_string()]);
            command.arg("--dir-cache-time=0").arg(folder.join("files")).env("HOME", folder);
            command
        }))
    }

    /// Starts Python's server, which supports neither ranges nor entity tags. Returns `None` if
    /// Python is not installed.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn python() -> Option<Self> {
        let python = program("python3")?;
        Some(Self::start(false, |folder, address| {
            let mut command = Command::new(&python);
            command.args(["-m", "http.server", "--bind", "127.0.0.1", "--directory"]);
            command.arg(folder.join("files")).arg(address.port().to_string());
            command
        }))
    }

    fn start(is_tls: bool, command: impl Fn(&Path, SocketAddr) -> Command) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Apache runs as another user.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
        fs::create_dir(folder.path().join("files")).unwrap();
        fs::set_permissions(folder.path().join("files"), Permissions::from_mode(0o777)).unwrap();
        let log = folder.path().join("output.log");
        // Another process may bind the port before the server does.
        for _ in 0..5 {
            let free = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = free.local_addr().unwrap();
            let output = fs::File::create(&log).unwrap();
            let mut command = command(folder.path(), address);
            drop(free);
            command.stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output);
            let mut process = command.spawn().unwrap();
            if answers(&mut process, address) {
                return Self { process, address, folder, is_tls };
            }
        }
        let words = |name| fs::read_to_string(folder.path().join(name)).unwrap_or_default();
        panic!("the server does not start: {}{}", words("output.log"), words("error.log"));
    }

    /// Returns the folder that it serves.
    pub fn files(&self) -> PathBuf {
        self.folder.path().join("files")
    }

    /// Returns the address at which it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the URL of a path, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", if self.is_tls { "https" } else { "http" }, self.address)
    }

    /// Returns the file with the certificate of the authority, for a server with TLS.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }
}

impl Drop for WebServer {
    fn drop(&mut self) {
        // The server may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Waits until a server listens. Returns `false` if it ends before.
fn answers(process: &mut Child, address: SocketAddr) -> bool {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(20) {
        if process.try_wait().unwrap().is_some() {
            return false;
        }
        if TcpStream::connect(address).is_ok() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let _ = process.kill();
    let _ = process.wait();
    false
}

/// Returns the folder of a program's unpacked package: `cargo xtask test` creates a link to it next
/// to the program. Without the link, the program is installed.
fn system_root(program: &Path) -> PathBuf {
    let unpacked = program.with_extension("root");
    if unpacked.is_dir() { unpacked } else { PathBuf::from("/") }
}

fn write_certificates(folder: &Path) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let server = params.signed_by(&key, &authority).unwrap();
    fs::write(folder.join("authority.pem"), authority.pem()).unwrap();
    fs::write(folder.join("server.pem"), server.pem()).unwrap();
    fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
}
