//! containerd imports the files, by its own `ctr`: the oldest release that clusters have, and the
//! newest.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::*;

/// A containerd of the test's own. It ends with this value.
struct Containerd {
    process: Child,
    ctr: PathBuf,
    home: TempDir,
}

/// What `ctr images check` prints for a whole image.
const WHOLE: &str = "complete";

impl Containerd {
    /// Starts a release, unless its programs are not here.
    fn start(release: &str) -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            assert!(std::env::var_os("CI").is_none(), "CI runs as root");
            eprintln!("containerd needs root, so this wasn't tested");
            return None;
        }
        let containerd = sealift_testing::program(&format!("containerd-{release}"))?;
        let ctr = sealift_testing::program(&format!("ctr-{release}"))?;
        let home = tempfile::Builder::new().prefix("sealift-ctr").tempdir().unwrap();
        let at = |name: &str| home.path().join(name).display().to_string();
        // Without the plugin of Kubernetes, which opens ports. The snapshotter works on any file
        // system.
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

    /// Calls `ctr` in the namespace of Kubernetes.
    fn ctr(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.ctr);
        command.arg("--address").arg(self.home.path().join("socket"));
        command.args(["--namespace", "k8s.io"]).args(arguments).stdin(Stdio::null());
        command
    }

    fn import(&self, file: &str) -> Command {
        self.ctr(&["images", "import", "--snapshotter", "native", file])
    }

    /// Returns the line that `ctr images check` prints for an image, if it has one.
    fn check(&self, name: &str) -> Option<String> {
        let mut check = self.ctr(&["images", "check", "--snapshotter", "native"]);
        let said = sealift_testing::output_of(&mut check);
        let is_of = |line: &&str| line.split_whitespace().next() == Some(name);
        said.lines().find(is_of).map(str::to_owned)
    }

    fn remove(&self, name: &str) {
        sealift_testing::output_of(&mut self.ctr(&["images", "remove", "--sync", name]));
    }
}

impl Drop for Containerd {
    fn drop(&mut self) {
        // Asked to end, it unmounts what it has mounted.
        let pid = rustix::process::Pid::from_child(&self.process);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.process.wait();
    }
}

const NAME: &str = "docker.io/library/web:1.0.0.1";

fn imports_every_form(release: &str, compressions: &[&[&str]]) {
    let Some(containerd) = Containerd::start(release) else { return };
    for (seed, (writer, _)) in forms(&Image::new("x", 0)).iter().enumerate() {
        // Each has its own layers, so that none is there already.
        let image = Image::new("web:1.0.0.1", 100 + u8::try_from(seed).unwrap());
        let place = place_with(&forms(&image)[seed].1);
        for more in compressions {
            let file = exported(&place, "k3s", more).display().to_string();
            sealift_testing::output_of(&mut containerd.import(&file));
            let line = containerd.check(NAME).expect("the image has its full name");
            assert!(line.contains(WHOLE) && line.trim_end().ends_with("true"), "{writer}: {line}");
            assert!(line.contains("(3/3)"), "{writer}: the config and both layers: {line}");
            containerd.remove(NAME);
        }

        let mut cat = place.command(&["cat", "web", "-q", "--for", "containerd"]);
        let mut cat = cat.stdout(Stdio::piped()).spawn().unwrap();
        let mut import = containerd.import("-");
        sealift_testing::output_of(import.stdin(cat.stdout.take().unwrap()));
        assert!(cat.wait().unwrap().success());
        assert!(containerd.check(NAME).unwrap().contains(WHOLE), "{writer}");
        containerd.remove(NAME);
    }
    no_damaged_archive_becomes_an_image(&containerd);
}

fn no_damaged_archive_becomes_an_image(containerd: &Containerd) {
    let place = damaged();
    let mut cat = place.command(&["cat", "web", "-q", "--for", "containerd"]);
    let mut cat = cat.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let import = containerd.import("-").stdin(cat.stdout.take().unwrap()).output().unwrap();
    assert_eq!(cat.wait().unwrap().code(), Some(5));
    assert!(!import.status.success(), "{import:?}");
    assert_eq!(containerd.check(NAME), None);
}

#[test]
fn containerd_1_imports_every_form() {
    imports_every_form("1", &[&[]]);
}

#[test]
fn containerd_2_imports_every_form() {
    imports_every_form("2", &[&[], &["--compress", "zst"], &["--compress", "gz"]]);
}
