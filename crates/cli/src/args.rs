//! The command's arguments, as clap reads them.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use sealift_workflow::archive::Level;

use crate::complete::{self, Shell};

mod build;
mod clean;

pub(crate) use build::BuildArguments;
pub(crate) use clean::{CleanArguments, KeepArguments};

/// Move container images to places without a registry
#[derive(Debug, Parser)]
#[command(
    name = "sealift",
    version,
    disable_help_flag = true,
    max_term_width = 80,
    after_help = "\
sealift keeps a folder of versioned image archives, IMAGE_VERSION_ID.zip, in
step with a container engine. Every archive is verified before it becomes
visible.

Exit codes:
  0 done   1 failed   2 usage   3 image or archive not found
  4 unsupported format   5 damaged archive   6 engine unreachable
  7 folder locked   130 interrupted"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: GlobalArguments,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArguments {
    /// The folder of archives [default: $SEALIFT_DIR, $ARTIFACTS_DIR, ./artifacts]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// The engine's address [default: as the docker CLI finds it]
    #[arg(long, global = true, value_name = "HOST")]
    pub(crate) host: Option<String>,
    /// The docker CLI context to use; --host overrides it
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// Print one JSON document on standard output, also on failure
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print errors only, and data where data is what the command is for
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Print more detail and debug logs; SEALIFT_LOG=LEVEL sets the level without -v
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// Progress display: auto, plain or none
    #[arg(long, global = true, value_enum, hide_possible_values = true)]
    #[arg(default_value_t = ProgressMode::Auto, value_name = "MODE")]
    pub(crate) progress: ProgressMode,
    /// When to use colours: auto, always or never [default: auto, honours NO_COLOR]
    #[arg(long, global = true, value_enum, hide_possible_values = true, hide_default_value = true)]
    #[arg(default_value_t = ColorMode::Auto, value_name = "WHEN")]
    pub(crate) color: ColorMode,
    /// Seconds to wait for another process that writes the folder
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) lock_timeout: u64,
    /// Print help
    #[arg(short, long, global = true, action = ArgAction::HelpShort)]
    help: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorMode {
    /// On a terminal, unless NO_COLOR or CLICOLOR say otherwise
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl From<ColorMode> for anstream::ColorChoice {
    fn from(mode: ColorMode) -> Self {
        match mode {
            ColorMode::Auto => Self::Auto,
            ColorMode::Always => Self::Always,
            ColorMode::Never => Self::Never,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressMode {
    /// Bars on a terminal, else plain lines
    Auto,
    /// Plain lines
    Plain,
    /// Nothing on the way, only results
    None,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Build(Box<BuildArguments>),
    Update(UpdateArguments),
    List(ListArguments),
    /// Print the file of the archive to use
    #[command(after_help = "\
Example:
  scp \"$(sealift path web)\" edge:")]
    Path(ChooseArguments),
    /// Write an archive as a plain tar to standard output
    #[command(after_help = "\
The archive is verified while it is written; its end marker is withheld until
verification succeeds. It carries the name of its file and no other.

Example:
  sealift cat web | ssh edge docker load")]
    Cat(ChooseArguments),
    Config(ConfigArguments),
    Load(LoadArguments),
    Add(AddArguments),
    Verify(VerifyArguments),
    Clean(CleanArguments),
    #[command(subcommand)]
    Name(NameCommand),
    Env(EnvArguments),
    Completions(CompletionsArguments),
    /// Print the version
    #[command(after_help = "\
Example:
  sealift version")]
    Version,
    #[command(hide = true)]
    Man(ManArguments),
}

/// Save images from the engine into the folder, unless they are there already
#[derive(Debug, Args)]
#[command(after_help = "\
An image that is in the folder under its version is not saved again, whichever
engine wrote it. A save is verified before its archive becomes visible; if
anything fails, the folder stays as it was.

Examples:
  sealift update web:1.4.0.7
  sealift update web:1.4.0.7 api:2.0.1.3 --compress --clean
  sealift update web:1.4.0.7 --clean --keep 3
  sealift update web:1.4.0.7 --dry-run --json")]
pub(crate) struct UpdateArguments {
    /// The images; without a version, `latest`
    #[arg(value_name = "IMAGE[:VERSION]", required = true, add = complete::references())]
    pub(crate) images: Vec<String>,
    /// Remove the images' other versions and ids, also newer ones, once everything else is done
    #[arg(long)]
    pub(crate) clean: bool,
    #[command(flatten)]
    pub(crate) keep: UpdateKeepArguments,
    /// Keep the archives as zips
    #[arg(long)]
    pub(crate) compress: bool,
    /// How hard to compress: fast, default or best
    #[arg(long, value_name = "LEVEL", requires = "compress", default_value_t)]
    pub(crate) level: Level,
    /// Show what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Take the image for this platform
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<String>,
    /// Refuse another build of a release that is in the folder; so does SEALIFT_IMMUTABLE=1
    #[arg(long)]
    pub(crate) immutable: bool,
    /// How many images to save at the same time
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: u16,
}

/// Parses a number that is not 0.
fn at_least_one(text: &str) -> Result<usize, String> {
    let number: std::num::NonZeroUsize = text.parse().map_err(|error| format!("{error}"))?;
    Ok(number.get())
}

/// What an update keeps when it cleans.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct UpdateKeepArguments {
    /// With --clean: keep this many released versions
    #[arg(long, value_name = "N", requires = "clean", value_parser = at_least_one)]
    pub(crate) keep: Option<usize>,
    /// With --clean --keep: keep this many dirty builds [default: as many as --keep]
    #[arg(long, value_name = "N", requires = "keep")]
    pub(crate) keep_dirty: Option<usize>,
}

/// List the archives in the folder
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealift list
  sealift list web --latest --release
  sealift list web:1.4.0.7
  sealift list --json | jq -r '.[].path'")]
pub(crate) struct ListArguments {
    /// Only these images, and of those with a version only that version
    #[arg(value_name = "IMAGE[:VERSION]", add = complete::references())]
    pub(crate) images: Vec<String>,
    /// Only the latest archive of every image
    #[arg(long)]
    pub(crate) latest: bool,
    #[command(flatten)]
    pub(crate) latest_by: LatestArguments,
    /// Only archives for this platform; those without a record are read
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<String>,
}

/// What "latest" means.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct LatestArguments {
    /// Leave out dirty versions: latest, dev, *.dirty, *+dirty, and build number 0
    #[arg(long)]
    pub(crate) release: bool,
    /// What makes an archive the latest: version or modified
    #[arg(long, value_enum, hide_possible_values = true)]
    #[arg(default_value_t = Order::Version, value_name = "ORDER")]
    pub(crate) by: Order,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Order {
    /// The highest version
    Version,
    /// The last one written
    Modified,
}

/// How one archive is chosen.
#[derive(Debug, Args)]
pub(crate) struct ChooseArguments {
    /// The image; without a version, its latest archive
    #[arg(value_name = "IMAGE[:VERSION]", add = complete::references())]
    pub(crate) image: String,
    #[command(flatten)]
    pub(crate) latest_by: LatestArguments,
    /// Take the archive for this platform
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<String>,
}

/// Write the clusters' config: the URL and checksums of each image's latest archive
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealift config https://cdn.example.org/images/ --release -o images.json
  sealift config https://cdn.example.org/images/ web:1.4.0.7 api
  sealift config https://cdn.example.org/images/ --release --format consul \\
    | consul kv import -
  sealift config --release --format sums -o artifacts/SHA256SUMS
  (cd artifacts && gpg --detach-sign SHA256SUMS && sha256sum -c SHA256SUMS)")]
pub(crate) struct ConfigArguments {
    /// URL of the folder, or its path on a server, beginning with `/`
    #[arg(value_name = "BASEURL")]
    pub(crate) base_url: Option<String>,
    /// Only these images; without a version, the latest archive
    #[arg(value_name = "IMAGE[:VERSION]", add = complete::references())]
    pub(crate) images: Vec<String>,
    /// File to write, atomically; it stays as it is if anything fails
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write an empty result instead of failing
    #[arg(long)]
    pub(crate) allow_empty: bool,
    /// The form of the config: json, consul, or sums, the same archives' SHA256SUMS
    #[arg(long, value_enum, hide_possible_values = true)]
    #[arg(default_value_t = ConfigFormat::Json, value_name = "FORMAT")]
    pub(crate) format: ConfigFormat,
    /// With --format consul: the prefix of the keys
    #[arg(long, value_name = "KEY", default_value = "genvid/images/")]
    pub(crate) prefix: String,
    #[command(flatten)]
    pub(crate) latest_by: LatestArguments,
    /// Take archives for this platform
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ConfigFormat {
    /// One object, keyed by image
    Json,
    /// An array for `consul kv import`
    Consul,
    /// The lines that `sha256sum -c` reads in the folder
    Sums,
}

/// Load archives into an engine
#[derive(Debug, Args)]
#[command(override_usage = "sealift load [OPTIONS] <IMAGE[:VERSION]|FILE...|--latest|--all>")]
#[command(after_help = "\
load creates the tag of the archive's file name and no other. Of several
archives with one tag, the newest is loaded; of several platforms, the engine's
own, unless --platform is passed. Archives are streamed and verified on the way:
a damaged one never becomes an image. Images that the engine has are skipped.

Examples:
  sealift load web:1.4.0.7
  sealift load --latest
  ssh build1 docker save web:1.4.0.7 | gzip | sealift load -
  sealift --dir /mnt/usb/images load --all")]
pub(crate) struct LoadArguments {
    /// The images; without a version, the latest archive. `-` and paths are archives
    /// outside of the folder: /PATH, ./PATH, ../PATH or an existing file that ends in .tar,
    /// .tgz, .gz, .zst, .xz, .bz2, .zip or .docker
    #[arg(value_name = "IMAGE[:VERSION]|FILE", required_unless_present_any = ["latest", "all"], add = complete::references())]
    pub(crate) images: Vec<String>,
    /// The name in the engine, instead of the tag inside; for one file
    #[arg(long, value_name = "IMAGE:VERSION", conflicts_with_all = ["latest", "all"])]
    pub(crate) name: Option<String>,
    /// Load the latest archive of every image
    #[arg(long, conflicts_with_all = ["all", "images"])]
    pub(crate) latest: bool,
    /// Load the newest archive of every version
    #[arg(long, conflicts_with = "images")]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) latest_by: LatestArguments,
    /// Take the archives for this platform
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<String>,
}

/// Import archives made by other tools into the folder, under their right names
#[derive(Debug, Args)]
#[command(after_help = "\
add reads archives by docker, podman, skopeo or crane: plain tars, gzip, zstd,
xz, bzip2 and zip. It needs no engine. docker.io/library/web and localhost/web are `web`. The
archive carries the name under which it is added, and no other.

Examples:
  sealift add web.tar.gz
  ssh build1 docker save web:1.4.0.7 | sealift add -
  sealift add from-the-vendor.tar --name web:1.4.0.7 --compress")]
pub(crate) struct AddArguments {
    /// The files; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The name, instead of the tags inside; for one file
    #[arg(long, value_name = "IMAGE:VERSION", conflicts_with = "every")]
    pub(crate) name: Option<String>,
    /// Add an image that has several tags under each of them
    #[arg(long)]
    pub(crate) every: bool,
    /// Import this platform of an image for several platforms
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<String>,
    /// Refuse another build of a release that is in the folder; so does SEALIFT_IMMUTABLE=1
    #[arg(long)]
    pub(crate) immutable: bool,
    /// Store plain tars as zips
    #[arg(long)]
    pub(crate) compress: bool,
    /// How hard to compress: fast, default or best
    #[arg(long, value_name = "LEVEL", default_value_t)]
    pub(crate) level: Level,
}

/// Verify that archives are whole and hold the image in their name
#[derive(Debug, Args)]
#[command(after_help = "\
verify compares archives with their recorded checksums, and reads the content
of those without a record. It exits with 5 if an archive is damaged or misnamed,
and with 4 if one is unsupported. A file that holds no image is neither.

Examples:
  sealift verify
  sealift verify web:1.4.0.7 --deep")]
pub(crate) struct VerifyArguments {
    /// The images; the whole folder without any
    #[arg(value_name = "IMAGE[:VERSION]", add = complete::references())]
    pub(crate) images: Vec<String>,
    /// Also decompress every layer; ignore the recorded checksums
    #[arg(long)]
    pub(crate) deep: bool,
    /// Rebuild all records, accept changed files, and remove leftovers of crashed runs
    #[arg(long)]
    pub(crate) repair: bool,
}

/// Parse and check names, for shell scripts
#[derive(Debug, Subcommand)]
#[command(
    disable_help_subcommand = true,
    after_help = "\
Example:
  ls artifacts | sealift name parse --json"
)]
pub(crate) enum NameCommand {
    /// Parse archive names; without names, read them from standard input
    #[command(after_help = "\
With --json, each name is a JSON document in a line of its own (JSON lines).

Examples:
  sealift name parse web_1.4.0.7_91e8e311933e.zip
  ls artifacts | sealift name parse --json")]
    Parse {
        /// File names
        #[arg(value_name = "NAME")]
        names: Vec<String>,
    },
    /// Print the IMAGE:TAG for an image and a version
    #[command(after_help = "\
Example:
  docker run \"$(sealift name tag web 1.4.0+beta)\"")]
    Tag {
        /// The image
        image: String,
        /// The version; its `+` is a tag's `_`
        version: String,
    },
    /// Print whether a version is a dirty build: `dirty` or `clean`
    #[command(after_help = "\
Examples:
  sealift name dirty 1.4.0.0
  if sealift name dirty --exit-code web:1.4.0.7; then echo not released; fi")]
    Dirty {
        /// The version
        #[arg(value_name = "[IMAGE:]VERSION")]
        version: String,
        /// Exit with 0 if the version is dirty and with 1 if it is clean
        #[arg(long)]
        exit_code: bool,
    },
}

/// Show which engine is used, and which setting chose it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealift env
  eval \"$(sealift env --shell)\"")]
pub(crate) struct EnvArguments {
    /// Print exports for a shell
    #[arg(long, conflicts_with = "json")]
    pub(crate) shell: bool,
}

/// Print shell completions for commands, images and versions
#[derive(Debug, Args)]
#[command(after_help = "\
Images and versions are those of the folder that SEALIFT_DIR or ARTIFACTS_DIR
names, or of ./artifacts.

Examples:
  source <(sealift completions bash)
  sealift completions fish > ~/.config/fish/completions/sealift.fish")]
pub(crate) struct CompletionsArguments {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

/// Write the manual pages
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  sealift man ~/.local/share/man/man1")]
pub(crate) struct ManArguments {
    /// The folder to write to; it is created if it is missing
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_help_lists_every_command_but_man() {
        let command = Arguments::command();
        let hidden = command.get_subcommands().filter(|command| command.is_hide_set());
        assert_eq!(hidden.map(clap::Command::get_name).collect::<Vec<_>>(), ["man"]);
    }
}
