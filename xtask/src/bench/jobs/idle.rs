//! Jobs with little to do: the folder is up to date, or is only listed.

use anyhow::Result;

use super::super::contest::Contestant;
use super::super::inputs;
use super::outcome::{Outcome, at_least, at_most, ratio};
use super::{Bench, IMAGE, MANY, TAG};

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

    pub(super) fn list(&self) -> Result<Outcome> {
        inputs::names(&self.folder.join("names"), self.names)?;
        let times = self.contest(&[
            Contestant::new("sealift list --latest", "", self.call("names", "list --latest", "")),
            Contestant::new("ls -f", "", "ls -f names"),
        ])?;
        let ratio = ratio(&times, 0, 1);
        Ok((times, vec![at_most("× `ls -f`", ratio, 2.5)]))
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
