//! Folders of archives, and the destinations that they are published to.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use sealift_testing::layouts::{Entry, Image, pack};
use sealift_testing::{Nginx, WebServer};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::command::{Place, Said};

/// The SHA-256 of an empty input.
const NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A place with folders of archives.
pub(super) struct Source {
    pub(super) place: Place,
}

impl Source {
    /// Creates a place whose folder has these images with their versions, as zips.
    pub(super) fn new(tags: &[&str]) -> Self {
        let source = Self { place: Place::new() };
        source.add("artifacts", tags);
        source
    }

    /// Adds images to a folder.
    pub(super) fn add(&self, folder: &str, tags: &[&str]) {
        for tag in tags {
            let seed = Sha256::digest(tag)[0];
            self.add_image(folder, &Image::new(tag, seed).podman(), &["--compress"]);
        }
    }

    /// Adds images whose archives have the same names and other content.
    pub(super) fn add_others(&self, tags: &[&str]) {
        for tag in tags {
            let seed = Sha256::digest(tag)[0];
            let entries = Image::new(tag, seed).docker_blobs();
            self.add_image("artifacts", &entries, &["--compress"]);
        }
    }

    pub(super) fn add_image(&self, folder: &str, image: &[Entry], options: &[&str]) {
        let file = self.path("image.tar");
        fs::write(&file, pack(image)).unwrap();
        let file = file.to_str().unwrap();
        self.place.ok(&[&["--dir", folder, "add", file, "-q"], options].concat());
    }

    /// Returns the archive of this image and version in the folder.
    pub(super) fn archive(&self, start: &str) -> PathBuf {
        let files = self.place.files();
        let name = files.iter().find(|name| name.starts_with(start)).unwrap();
        self.place.artifacts().join(name)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.place.dir.path().join(name)
    }

    /// Creates a call that publishes a folder.
    pub(super) fn publishing(&self, folder: &str, to: &Destination, options: &[&str]) -> Command {
        let arguments = [&["--dir", folder, "publish", &to.url], options].concat();
        let mut command = self.place.command(&arguments);
        command.envs(to.variables.iter().cloned());
        command
    }

    pub(super) fn publish(&self, folder: &str, to: &Destination, options: &[&str]) -> Said {
        self.place.said(self.publishing(folder, to, options).output().unwrap())
    }

    /// Publishes a folder, which must succeed. Returns standard output.
    pub(super) fn published(&self, folder: &str, to: &Destination, options: &[&str]) -> String {
        let said = self.publish(folder, to, options);
        assert_eq!(said.code, 0, "{}: {said:?}", to.url);
        said.stdout
    }

    /// Fetches everything into a new folder. Returns the names of the archives, each of which was
    /// verified against the config.
    pub(super) fn fetched(&self, from: &Destination) -> Vec<String> {
        let folder = tempfile::tempdir_in(self.place.dir.path()).unwrap();
        let into = folder.path().to_str().unwrap();
        let mut command = self.place.command(&["--dir", into, "fetch", &from.url, "-q"]);
        let said = self.place.said(command.envs(from.variables.iter().cloned()).output().unwrap());
        assert_eq!(said.code, 0, "{}: {said:?}", from.url);
        files(folder.path()).into_keys().filter(|name| !name.starts_with('.')).collect()
    }
}

/// Returns every file below a folder with its content.
pub(super) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).into_iter().flatten() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let name = path.strip_prefix(folder).unwrap().display().to_string();
                    found.insert(name, fs::read(&path).unwrap());
                }
            }
        }
    }
    found
}

/// Returns the images and versions of archives.
pub(super) fn versions(archives: &[String]) -> Vec<&str> {
    archives.iter().map(|name| name.rsplit_once('_').unwrap().0).collect()
}

/// A server that archives are published to.
pub(super) struct Server {
    pub(super) name: &'static str,
    pub(super) address: SocketAddr,
    kind: Kind,
}

enum Kind {
    Web(WebServer),
    S3(Bucket),
    Azure(Bucket),
}

/// A bucket on a server of the tests.
struct Bucket {
    name: String,
    user: String,
    secret: String,
}

/// A destination of `publish`.
pub(super) struct Destination {
    pub(super) url: String,
    pub(super) variables: Vec<(&'static str, String)>,
    /// The folder of the destination, if it is on this machine.
    folder: Option<PathBuf>,
    /// The arguments of curl for the destination.
    curl: Vec<String>,
}

impl Server {
    pub(super) fn nginx() -> Option<Self> {
        let options = Nginx { uploads: true, lists: true, ..Nginx::default() };
        WebServer::nginx(options).map(|server| Self::web("nginx", server))
    }

    pub(super) fn apache() -> Option<Self> {
        WebServer::apache().map(|server| Self::web("apache", server))
    }

    pub(super) fn rclone() -> Option<Self> {
        WebServer::rclone().map(|server| Self::web("rclone", server))
    }

    pub(super) fn web(name: &'static str, server: WebServer) -> Self {
        Self { name, address: server.address(), kind: Kind::Web(server) }
    }

    pub(super) fn s3() -> Option<Self> {
        let (address, bucket) = Bucket::of(&sealift_testing::server("s3")?);
        Some(Self { name: "s3", address, kind: Kind::S3(bucket) })
    }

    pub(super) fn azure() -> Option<Self> {
        let (address, bucket) = Bucket::of(&sealift_testing::server("azure")?);
        Some(Self { name: "azure", address, kind: Kind::Azure(bucket) })
    }

    /// Returns all available servers.
    pub(super) fn all() -> Vec<Self> {
        let servers = [Self::nginx(), Self::apache(), Self::rclone(), Self::s3(), Self::azure()];
        servers.into_iter().flatten().collect()
    }

    /// Returns the destination of this name. `address` may be that of a proxy.
    pub(super) fn at(&self, address: SocketAddr, name: &str) -> Destination {
        match &self.kind {
            Kind::Web(server) => Destination {
                url: format!("http://{address}/{name}/"),
                variables: Vec::new(),
                folder: Some(server.files().join(name)),
                curl: vec![format!("http://{}/{name}/", self.address)],
            },
            Kind::S3(bucket) => {
                let name = Bucket::prefix(name);
                let user = format!("{}:{}", bucket.user, bucket.secret);
                let sigv4 = ["--aws-sigv4", "aws:amz:us-east-1:s3", "--user", &user, "--header"];
                let mut curl: Vec<String> = sigv4.map(str::to_owned).into();
                curl.push(format!("x-amz-content-sha256: {NOTHING}"));
                curl.push(format!("http://{}/{}/{name}/", self.address, bucket.name));
                let variables = vec![
                    ("AWS_ENDPOINT_URL", format!("http://{address}")),
                    ("AWS_ACCESS_KEY_ID", bucket.user.clone()),
                    ("AWS_SECRET_ACCESS_KEY", bucket.secret.clone()),
                ];
                let url = format!("s3://{}/{name}", bucket.name);
                Destination { url, variables, folder: None, curl }
            }
            Kind::Azure(bucket) => {
                let url = format!("az://{}/{}", bucket.name, Bucket::prefix(name));
                let connection = format!(
                    "AccountName={0};AccountKey={1};BlobEndpoint=http://{address}/{0}",
                    bucket.user, bucket.secret
                );
                let variables = vec![("AZURE_STORAGE_CONNECTION_STRING", connection)];
                Destination { url, variables, folder: None, curl: Vec::new() }
            }
        }
    }
}

impl Server {
    /// Returns the S3 server's list of multipart uploads.
    pub(super) fn uploads(&self) -> String {
        let mut bucket = self.at(self.address, "");
        let url = bucket.curl.pop().unwrap();
        let (url, _) = url.split_once("/publish-").unwrap();
        bucket.curl.push(url.to_owned());
        bucket.curl("?uploads=", &[])
    }
}

impl Bucket {
    /// Parses `http://ADDRESS[/…]|BUCKET|USER|SECRET`.
    fn of(text: &str) -> (SocketAddr, Self) {
        let [url, name, user, secret] =
            text.split('|').map(str::to_owned).collect::<Vec<_>>().try_into().unwrap();
        let address = url.trim_start_matches("http://").split('/').next().unwrap();
        (address.parse().unwrap(), Self { name, user, secret })
    }

    /// Returns a prefix that is unique for this run of the tests.
    fn prefix(name: &str) -> String {
        format!("publish-{:x}/{name}", std::process::id())
    }
}

impl Destination {
    /// Returns a folder as a destination.
    pub(super) fn in_folder(path: &Path) -> Self {
        Self {
            url: path.to_str().unwrap().to_owned(),
            variables: Vec::new(),
            folder: Some(path.to_owned()),
            curl: Vec::new(),
        }
    }

    /// Returns the folder of the destination.
    pub(super) fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Returns the folder of the destination.
    pub(super) fn on_disk(&self) -> &Path {
        self.folder().unwrap()
    }

    /// Reads an object from the server itself, without a proxy.
    pub(super) fn read(&self, name: &str) -> String {
        match &self.folder {
            Some(folder) => fs::read_to_string(folder.join(name)).unwrap(),
            None => self.curl(name, &[]),
        }
    }

    /// Requests an object with curl.
    pub(super) fn curl(&self, name: &str, options: &[&str]) -> String {
        let (url, curl) = self.curl.split_last().unwrap();
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--fail"]).args(curl).args(options);
        let output = command.arg(format!("{url}{name}")).output().unwrap();
        assert!(output.status.success(), "{name}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Returns the config.
    pub(super) fn config(&self) -> Value {
        serde_json::from_str(&self.read("images.json")).unwrap()
    }

    /// Returns the number of the publication, which is the same in all entries.
    pub(super) fn sequence(&self) -> u64 {
        let config = self.config();
        let mut numbers = config.as_object().unwrap().values().map(|entry| &entry["sequence"]);
        let first = numbers.next().unwrap();
        assert!(numbers.all(|number| number == first), "{config}");
        first.as_u64().unwrap()
    }

    /// Asserts that the checksums are those of the config and of the files.
    pub(super) fn assert_sums(&self) {
        let sums = self.read("SHA256SUMS");
        let sums: BTreeMap<&str, &str> = sums
            .lines()
            .map(|line| line.split_once("  ").unwrap())
            .map(|(sha256, name)| (name, sha256))
            .collect();
        assert_eq!(sums["images.json"], sha256(self.read("images.json").as_bytes()), "{sums:?}");
        for entry in self.config().as_object().unwrap().values() {
            let path = entry["path"].as_str().unwrap();
            assert_eq!(sums[path], entry["sha256"], "{sums:?}");
            assert!(sums.contains_key(&*format!("{path}.blocks")), "{path}: {sums:?}");
        }
        if let Some(folder) = &self.folder {
            for (name, sum) in sums {
                assert_eq!(sum, sha256(&fs::read(folder.join(name)).unwrap()), "{name}");
            }
        }
    }
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
