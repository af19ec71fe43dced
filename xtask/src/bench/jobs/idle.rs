//! Jobs with little to do: the folder is up to date, or is only listed.

use std::fs;

use anyhow::Result;

use super::super::contest::Contestant;
use super::super::inputs;
use super::outcome::{Outcome, at_least, at_most, measured, median, ratio};
use super::{Bench, IMAGE, MANY, TAG};

/// The number of archives in the folder in which all have records, and that of their images.
const RECORDED: usize = 1_000;
const RECORDED_IMAGES: usize = 40;

impl Bench {
    pub(super) fn nothing_to_do(&self) -> Result<Outcome> {
        let tag = |number: usize| format!("{IMAGE}-{number}:1.0.0.1");
        let tags: Vec<String> = (0..MANY).map(tag).collect();
        // An archive contains its own tag, so each tag is saved. The contestants do not read the
        // content, so a small image is enough.
        let mut script = "rm -rf many small; mkdir small; echo small > small/file\n\
            printf 'FROM scratch\\nCOPY file /\\n' > small/Dockerfile\n"
            .to_owned();
        script.push_str(&format!("docker build -q -t {IMAGE}-small small\n"));
        for tag in &tags {
            script.push_str(&format!("docker tag {IMAGE}-small {tag}\n"));
        }
        let update = self.call("many", "update --compress", &tags.join(" "));
        script.push_str(&update);
        self.shell(&script)?;
        let python = format!("{} update {IMAGE} 1.0.0.1 zipped --compress", self.reference());
        let times = self.contest(&[
            Contestant::new("sealift update, one image", "", self.call("zipped", "update", TAG)),
            Contestant::new("the Python way, one image", "", python),
            Contestant::new("sealift update, 50 images", "", update),
        ])?;
        let targets = vec![
            at_least("× as fast as the Python way", ratio(&times, 1, 0), 10.0),
            at_most("50 images × one", ratio(&times, 2, 0), 3.0),
        ];
        Ok((times, targets))
    }

    /// Finds the latest of 500 images in a folder without records.
    pub(super) fn list(&self) -> Result<Outcome> {
        let names = self.folder.join("names");
        inputs::names(&names, self.names, &self.small_archive(true)?.1)?;
        let times = self.contest(&[
            Contestant::new("sealift list --latest", "", self.call("names", "list --latest", "")),
            Contestant::new("ls -f", "", "ls -f names"),
        ])?;
        fs::remove_dir_all(names)?;
        let ratio = ratio(&times, 0, 1);
        Ok((times, vec![at_most("× `ls -f`", ratio, 2.0)]))
    }

    /// Finds them among ten times as many names.
    pub(super) fn list_more(&self) -> Result<Outcome> {
        let (few, many) = (self.folder.join("few"), self.folder.join("many-names"));
        let (_, zip) = self.small_archive(true)?;
        inputs::names(&few, self.names, &zip)?;
        inputs::names(&many, 10 * self.names, &zip)?;
        let list = |folder: &str| self.call(folder, "list --latest", "");
        let contestants = [
            Contestant::new("list --latest, ten times as many", "", list("many-names")),
            Contestant::new("list --latest", "", list("few")),
            Contestant::new("ls -f, ten times as many", "", "ls -f many-names"),
            Contestant::new("ls -f", "", "ls -f few"),
        ];
        let times = self.contest_of(&contestants, self.rounds.div_ceil(2))?;
        fs::remove_dir_all(few)?;
        fs::remove_dir_all(many)?;
        let targets = vec![
            at_most("× a tenth of the names", ratio(&times, 0, 1), 11.0),
            measured("`ls -f`, × a tenth of the names", ratio(&times, 2, 3)),
        ];
        Ok((times, targets))
    }

    /// Lists a folder in which every archive has a record, and writes its config.
    pub(super) fn recorded(&self) -> Result<Outcome> {
        // Plain tars, because the file in a zip is named like its archive.
        let (name, archive) = self.small_archive(false)?;
        let folder = self.folder.join("recorded");
        fs::create_dir_all(&folder)?;
        for number in 0..RECORDED {
            let image = format!("{IMAGE}-{}_2.{number}.0.1_", number % RECORDED_IMAGES);
            let name = name.replacen(&format!("{IMAGE}_2.0.0.0_"), &image, 1);
            fs::write(folder.join(name), &archive)?;
        }
        self.shell(&self.call("recorded", "verify", ""))?;
        let config = "config https://files.example/";
        let times = self.contest(&[
            Contestant::new(
                "list --latest, 1000 records",
                "",
                self.call("recorded", "list --latest", ""),
            ),
            Contestant::new("config, 1000 records", "", self.call("recorded", config, "")),
        ])?;
        fs::remove_dir_all(folder)?;
        let milliseconds = |index| median(&times, index) * 1_000.0;
        let targets = vec![
            at_most("list --latest, ms", milliseconds(0), 30.0),
            at_most("config, ms", milliseconds(1), 30.0),
        ];
        Ok((times, targets))
    }

    pub(super) fn start(&self) -> Result<Outcome> {
        let times = self.contest(&[
            Contestant::new("sealift --version", "", format!("{} --version", self.sealift())),
            Contestant::new("docker --version", "", "docker --version"),
        ])?;
        let size = std::fs::metadata(&self.sealift)?.len() as f64 / 1e6;
        let targets = vec![
            at_most("× `docker --version`", ratio(&times, 0, 1), 0.5),
            at_most("binary, MB", size, 14.0),
        ];
        Ok((times, targets))
    }
}
