//! A containerd for a test, and its `ctr`.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A containerd that ends when this value is dropped.
pub(crate) struct Containerd {
    process: Child,
    ctr: PathBuf,
    home: TempDir,
}

impl Containerd {
    /// Starts a release of containerd. Returns `None` if its programs are missing.
    pub(crate) fn start(release: &str) -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            assert!(std::env::var_os("CI").is_none(), "CI runs as root");
            eprintln!("this was not tested, because containerd needs root");
            return None;
        }
        let containerd = sealift_testing::program(&format!("containerd-{release}"))?;
        let ctr = sealift_testing::program(&format!("ctr-{release}"))?;
        let home = tempfile::Builder::new().prefix("sealift-ctr").tempdir().unwrap();
        let at = |name: &str| home.path().join(name).display().to_string();
        // The plugin for Kubernetes is disabled, because it opens ports. The snapshotter works on
        // any file system.
        let configuration = format!(
            "version = 2\nroot = {:?}\nstate = {:?}\n\
             disabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n\
             [grpc]\naddress = {:?}\n\
             [[plugins.\"io.containerd.transfer.v1.local\".unpack_config]]\n\
             platform = \"linux\"\nsnapshotter = \"native\"\n",
            at("root"),
            at("state"),
            at("socket"),
        );
        fs::write(home.path().join("config.toml"), configuration).unwrap();
        let log = fs::File::create(home.path().join("log")).unwrap();
        let mut command = Command::new(containerd);
        command.arg("--config").arg(home.path().join("config.toml"));
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let mut started = Self { process: command.spawn().unwrap(), ctr, home };
        let begun = Instant::now();
        while !started.ctr(&["version"]).output().unwrap().status.success() {
            let log = || fs::read_to_string(started.home.path().join("log")).unwrap();
            assert!(started.process.try_wait().unwrap().is_none(), "it ended: {}", log());
            assert!(begun.elapsed() < Duration::from_secs(60), "it does not answer: {}", log());
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(started)
    }

    /// Creates a call of `ctr` in the namespace of Kubernetes.
    pub(crate) fn ctr(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.ctr);
        command.arg("--address").arg(self.home.path().join("socket"));
        command.args(["--namespace", "k8s.io"]).args(arguments).stdin(Stdio::null());
        command
    }

    /// Creates a call that imports an archive, `-` for standard input.
    pub(crate) fn import(&self, file: &str) -> Command {
        self.ctr(&["images", "import", "--snapshotter", "native", file])
    }

    /// Returns the line that `ctr images check` prints for an image, if it has one.
    pub(crate) fn check(&self, name: &str) -> Option<String> {
        let mut check = self.ctr(&["images", "check", "--snapshotter", "native"]);
        let said = sealift_testing::output_of(&mut check);
        let is_of = |line: &&str| line.split_whitespace().next() == Some(name);
        said.lines().find(is_of).map(str::to_owned)
    }

    /// Removes an image and the content that only it uses.
    pub(crate) fn remove(&self, name: &str) {
        sealift_testing::output_of(&mut self.ctr(&["images", "remove", "--sync", name]));
    }
}

impl Drop for Containerd {
    fn drop(&mut self) {
        // When it is asked to end, containerd unmounts its file systems.
        let pid = rustix::process::Pid::from_child(&self.process);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.process.wait();
    }
}
