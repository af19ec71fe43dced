//! The result of `docker save` with the same connection faults, for comparison: whether it fails,
//! and the content of the output file. It runs only in the bench, and no result is a violation.

use std::process::Command;

use super::bench::{Seed, is_bench, scenario};
use super::line_on_save::LINES;
use super::saved::made;
use crate::command::Place;
use crate::fake_engine::{FakeEngine, Save};

#[test]
fn on_a_line() {
    if !is_bench() {
        return;
    }
    let Some(docker) = sealift_testing::program("docker") else { return };
    scenario(0, |seed: &mut Seed| {
        let (name, line) = *seed.choose(&LINES[..10]);
        let saved = made(seed);
        let fault = line(&saved, seed);
        let end = match fault.save {
            Save::BreaksOff(_) => ", the line breaks",
            Save::Resets(_) => ", the line is reset",
            _ => "",
        };
        let engine = FakeEngine::speaking(&saved.dialect, vec![saved.shown.clone()], fault.save);
        let place = Place::with_engine(&engine.host);
        let file = place.dir.path().join("file.tar");
        let mut save = Command::new(&docker);
        save.arg("save").arg("-o").arg(&file).arg(&saved.reference);
        save.env("DOCKER_HOST", &engine.host).env("DOCKER_API_VERSION", "1.41");
        let status = save.output().unwrap().status;
        let is_whole = || {
            let added = place.run(&["add", "file.tar", "--name", "web:1", "--json"]);
            added.code == 0 && added.stdout.contains(&saved.config[7..19])
        };
        let left = match file.exists() {
            false => "no file",
            true if is_whole() => "a file that is the image",
            true => "a file that is not the image",
        };
        format!("{name}{end}: status {}, {left}", status.code().unwrap_or(-1))
    });
}
