//! The output of the command for hostile archives: the same messages as from the library, and
//! nothing changes.

use sealift_testing::hostile::{CASES, Case, Verdict, image};
use sealift_testing::layouts::pack;

use crate::command::{Place, Said, refused};
use crate::fake_engine::{FakeEngine, Save};

sealift_testing::hostile_cases!(check);

fn check(case: &Case) {
    let content = (case.make)();
    let format = if content.starts_with(b"PK") { "zip" } else { "docker" };
    let name = format!("web_1.0.0.1_{}.{format}", &image().id()[7..19]);
    let engine = FakeEngine::new(&image(), Save::Ends(Vec::new()));
    let place = Place::with_engine(&engine.host);
    place.put("readme.txt", b"mine");
    std::fs::write(place.dir.path().join("their.archive"), &content).unwrap();
    let add = ["add", "their.archive", "--name", "web:1.0.0.1"];

    if case.verdict == Verdict::Whole {
        place.ok(&add);
        assert_eq!(place.files().len(), 2);
        place.ok(&["verify", "--deep"]);
        return;
    }
    let code = if case.verdict == Verdict::Damaged { 5 } else { 4 };
    says(&refused(&place, &add), code, case);

    place.put(&name, &content);
    let verify = place.run(&["verify", "web", "--progress", "none"]);
    let word = match case.verdict {
        Verdict::Unsupported => "unsupported",
        verdict => verdict.name(),
    };
    let verdict_code = if case.verdict == Verdict::NoImage { 0 } else { code };
    assert_eq!(verify.code, verdict_code, "{verify:?}");
    assert_eq!(verify.stdout, format!("{name}  {word}  {}\n", case.says));
    let as_json = place.run(&["verify", "web", "--json"]);
    let as_json: serde_json::Value = serde_json::from_str(&as_json.stdout).unwrap();
    assert_eq!(as_json[0]["reason"], case.says);

    let load = refused(&place, &["load", "web:1.0.0.1"]);
    match case.verdict {
        // A file that is recognized without reading it completely is not listed as an archive.
        Verdict::NoImage if load.code == 3 => {}
        _ => says(&load, code, case),
    }
}

fn says(said: &Said, code: i32, case: &Case) {
    assert_eq!(said.code, code, "{said:?}");
    assert!(said.stderr.contains(case.says), "{said:?}");
    assert!(!said.stderr.chars().any(|c| c.is_control() && c != '\n'), "{said:?}");
    assert!(said.stderr.lines().count() <= 3, "{said:?}");
}

#[test]
fn names_of_archives_that_steer_a_terminal_are_escaped_for_people_only() {
    let engine = FakeEngine::new(&image(), Save::Ends(Vec::new()));
    let place = Place::with_engine(&engine.host);
    let name = |version: &str| format!("web_{version}_{}.docker", &image().id()[7..19]);
    let version = "1\u{1b}[2J\u{202e}\r";
    place.put(&name(version), &pack(&image().podman()));
    place.put("other\n\u{1b}c.txt", b"");
    let commands: [&[&str]; 7] = [
        &["list", "-v"],
        &["verify", "-v"],
        &["clean", "--all", "--keep", "0", "--dry-run"],
        &["config"],
        &["load", "--all"],
        &["add", "artifacts/other\n\u{1b}c.txt"],
        &["name", "parse", "web_1\u{1b}[2J_x.zip"],
    ];
    for command in commands {
        let said = place.run(&[command, &["--progress", "plain"]].concat());
        for text in [&said.stdout, &said.stderr] {
            let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!text.contains(steers), "{command:?}: {said:?}");
            assert!(!text.contains("\nc.txt"), "{command:?}: {said:?}");
        }
    }
    let listed: serde_json::Value = serde_json::from_str(&place.ok(&["list", "--json"])).unwrap();
    assert_eq!(listed[0]["version"], version);
    let path = place.ok(&["path", "web"]);
    assert!(path.ends_with(&format!("{}\n", name(version))), "a script gets the path as it is");
}

#[test]
fn the_table_in_the_book_has_every_case() {
    let book = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/hostile-archives.md");
    let book = std::fs::read_to_string(book).unwrap();
    let rows: Vec<String> = CASES.iter().map(Case::row).collect();
    assert!(book.contains(&rows.join("\n")), "the table should be:\n{}", rows.join("\n"));
}
