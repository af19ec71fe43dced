//! The grammar of names, used from a shell.

use crate::command::Place;

#[test]
fn names_are_split_into_their_parts() {
    let place = Place::new();
    let parsed = place.ok(&["name", "parse", "team_web_1.4.0.0_0123456789ab.zip"]);
    insta::assert_snapshot!(parsed, @"team_web  1.4.0.0  0123456789ab  zip  dirty");
    let said = place.run(&["name", "parse", "web_my_ver.zip", "web_1_0123456789ab.zip"]);
    assert_eq!(said.code, 1);
    insta::assert_snapshot!(said.stderr, @"error: `web_my_ver.zip` is not an archive name: `ver` is not an image id: it has 3 characters, not 12 lowercase hex digits");
    insta::assert_snapshot!(said.stdout, @"web  1  0123456789ab  zip");
}

#[test]
fn names_on_standard_input_give_a_line_of_json_each() {
    let said = Place::new()
        .run_with_input(&["name", "parse", "--json"], "web_1.0_0123456789ab.docker\nreadme.txt\n");
    assert_eq!(said.code, 0);
    insta::assert_snapshot!(said.stdout, @r#"
    {"dirty":false,"format":"docker","id":"0123456789ab","image":"web","name":"web_1.0_0123456789ab.docker","version":"1.0"}
    {"error":"`readme.txt` is not an archive name: it has no `_` and image id before its last `.`","name":"readme.txt"}
    "#);
}

#[test]
fn tags_and_dirty_versions_are_recognized() {
    let place = Place::new();
    insta::assert_snapshot!(place.ok(&["name", "tag", "web", "1.0+beta"]), @"web:1.0_beta");
    insta::assert_snapshot!(place.ok(&["name", "dirty", "1.0.0.0"]), @"dirty");
    insta::assert_snapshot!(place.ok(&["name", "dirty", "1.0.0.1", "--json"]), @r#"
    {
      "dirty": false
    }
    "#);
    insta::assert_snapshot!(place.run(&["name", "tag", "web", "my ver"]).refusal(), @"
    [2]
    error: version `my ver` is not valid in a tag: it contains ` `; only ASCII letters and digits, `.`, `-` and `+` are allowed
    ");
}

#[test]
fn an_image_and_an_exit_code_can_query_dirty_versions() {
    let place = Place::new();
    for (version, word, code) in [
        ("1.0.0.0", "dirty", 0),
        ("web:1.0.0.0", "dirty", 0),
        ("web:1.0_dirty", "dirty", 0),
        ("1.0_dirty", "dirty", 0),
        ("localhost:5000/team/web:latest", "dirty", 0),
        ("1.0.0.1", "clean", 1),
        ("web:1.0.0.1", "clean", 1),
    ] {
        assert_eq!(place.ok(&["name", "dirty", version]), format!("{word}\n"));
        assert_ne!(place.ok(&["name", "dirty", version, "-q"]), "");
        let said = place.run(&["name", "dirty", "--exit-code", version, "-q"]);
        assert_eq!((said.code, said.stdout.as_str(), said.stderr.as_str()), (code, "", ""));
    }
    insta::assert_snapshot!(place.run(&["name", "dirty", ""]).refusal(), @"
    [2]
    error: the version is empty
    ");
    insta::assert_snapshot!(place.run(&["name", "dirty", "web:"]).refusal(), @"
    [2]
    error: `web:` is not an image reference: its version is not valid: it is empty
    ");
    insta::assert_snapshot!(place.run(&["name", "dirty", "localhost:5000/web"]).refusal(), @"
    [2]
    error: `localhost:5000/web` has no version
    ");
}

#[test]
fn all_spellings_of_a_name_are_one_tag() {
    let place = Place::new();
    for image in ["web", "library/web", "docker.io/library/web", "index.docker.io/web"] {
        assert_eq!(place.ok(&["name", "tag", image, "1.0"]), "web:1.0\n");
    }
}
