//! Lines of results on a terminal: they fit into it, and are complete on a pipe.

use std::process::Command;

use sealift_testing::layouts::{Image, pack};

use crate::command::{Place, binary};

/// Returns what a command prints on a terminal of 80 columns, or `None` if no program here makes
/// one. `script` does.
fn on_terminal(place: &Place, arguments: &str) -> Option<String> {
    let script = sealift_testing::program("script")?;
    let line = format!(
        "stty rows 24 cols 80; {} {arguments} --progress none --color never",
        binary().display()
    );
    let mut command = Command::new(script);
    command.args(["-qec", &line, "/dev/null"]).current_dir(place.dir.path());
    command.env("HOME", place.dir.path()).env_remove("COLUMNS");
    command.env_remove("SEALIFT_DIR").env_remove("ARTIFACTS_DIR");
    Some(sealift_testing::output_of(&mut command).replace('\r', ""))
}

/// Returns the columns of a text. Everything that this test prints beyond Latin is wide, but for
/// the sign of what is left out.
fn columns(text: &str) -> usize {
    text.chars().map(|c| if c > '\u{2e80}' { 2 } else { 1 }).sum()
}

#[test]
fn lines_about_long_names_fit_into_the_terminal() {
    let place = Place::new();
    let image = "registry.example.org/a-team-with-a-long-name/services/web:1.4.0.7-rc.1";
    let tar = pack(&Image::new(image, 1).podman());
    std::fs::write(place.dir.path().join("web.tar"), tar).unwrap();
    let folder = "a-folder-with-a-long-name/镜像/服务/网页/artifacts";
    for (arguments, begin) in [
        ("add web.tar --compress", "registry.ex"),
        ("verify", "registry.ex"),
        ("list", "IMAGE"),
        ("export --all --for k3s --to out/a-folder-with-a-long-name-for-a-cluster", "registry.ex"),
        ("publish ./published/in-a-folder-with-a-long-name/镜像/服务/网页", "registry.ex"),
    ] {
        let arguments = format!("{arguments} --dir '{folder}'");
        let Some(shown) = on_terminal(&place, &arguments) else { return };
        assert!(shown.starts_with(begin), "{arguments}: {shown}");
        for line in shown.lines() {
            assert!(columns(line) <= 80, "{arguments}: {line}");
        }
    }
    let said = place.run(&["add", "web.tar", "--dir", folder]);
    assert!(said.stdout.starts_with(&format!("{image}  unchanged  {folder}/registry")), "{said:?}");
}
