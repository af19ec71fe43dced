//! Published archives with the same name and other content.

use super::source::{Destination, Server, Source, files};

const TAGS: [&str; 4] = ["web:1.0.0.1", "api:1.0.0.1", "db:1.0.0.1", "team/job:1.0.0.1"];

#[test]
fn are_refused_all_in_one_error_and_nothing_is_changed() {
    let source = Source::new(&TAGS);
    let to = Destination::in_folder(&source.path("published"));
    source.published("artifacts", &to, &[]);
    let before = files(to.on_disk());
    let other = Source::new(&["new:1.0.0.1"]);
    other.add_others(&TAGS);
    let said = other.publish("artifacts", &to, &["--progress", "none"]);
    assert_eq!((said.code, said.stdout.as_str()), (1, ""), "{said:?}");
    let published = to.on_disk().display().to_string();
    insta::with_settings!({filters => vec![
        ("[0-9a-f]{12}", "<id>"), ("there, and [0-9]+ here", "there, and N here"),
    ]}, {
        insta::assert_snapshot!(said.stderr.replace(&published, "PUBLISHED"));
    });
    assert!(files(to.on_disk()) == before);

    let said = other.published("artifacts", &to, &["--replace"]);
    assert_eq!(said.matches("  replaced  ").count(), 4, "{said}");
    assert!(said.contains("new:1.0.0.1  published  "), "{said}");
    assert_eq!(to.sequence(), 2);
    to.assert_sums();
    assert_eq!(other.fetched(&to).len(), 5);
}

/// Servers do not state the SHA-256 of files, and archives of other tools' uploads have no index.
#[test]
fn are_found_by_reading_if_nobody_states_a_checksum() {
    let Some(server) = Server::nginx() else { return };
    let source = Source::new(&["web:1.0.0.1"]);
    let to = server.at(server.address, "images");
    let archive = source.archive("web_");
    let there = to.on_disk().join(archive.file_name().unwrap());
    std::fs::create_dir(to.on_disk()).unwrap();
    std::fs::copy(&archive, &there).unwrap();
    let said = source.published("artifacts", &to, &["--dry-run"]);
    assert!(said.starts_with("1 archive would stay\n"), "{said}");
    let mut bytes = std::fs::read(&there).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&there, &bytes).unwrap();
    let said = source.publish("artifacts", &to, &[]);
    assert_eq!(said.code, 1, "{said:?}");
    let differs = format!("has other content (it differs after {} bytes)", 0);
    assert!(said.stderr.contains(&differs), "{said:?}");
    // A leftover of an interrupted upload does not count as other content.
    std::fs::write(&there, &bytes[..bytes.len() / 2]).unwrap();
    let said = source.published("artifacts", &to, &[]);
    assert!(said.starts_with("web:1.0.0.1  published  "), "{said}");
    to.assert_sums();
}
