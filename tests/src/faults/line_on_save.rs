//! Connection faults during a save from a fake engine: exit code and message are right, the folder
//! is unchanged, and the older archive is not removed.

use sealift_testing::layouts::{Image, noise};
use sealift_testing::{payload, spans};
use serde_json::Value;

use super::bench::{Seed, scenario};
use super::saved::{Saved, made};
use super::stand::Stand;
use crate::fake_engine::{FakeEngine, Save, shown};

/// A save with a fault.
pub(crate) struct Fault {
    /// The answers to inspect requests for the tag.
    shown: Vec<Value>,
    pub(crate) save: Save,
    expected: Expected,
}

/// The expected result.
enum Expected {
    /// An error with this exit code and these words.
    Refused(i32, String),
    /// The image is saved.
    Taken,
    /// The image is saved if the fault does not matter to it: then another reader finds the same
    /// image in the sent bytes. Otherwise the save is reported as damaged or as not supported.
    AsItMatters,
}

type Line = fn(&Saved, &mut Seed) -> Fault;

fn fault(saved: &Saved, save: Save, expected: Expected) -> Fault {
    Fault { shown: vec![saved.shown.clone()], save, expected }
}

/// Updates over such a connection in a folder with an older archive, and asserts the expected
/// result.
pub(crate) fn update(saved: &Saved, line: Line, seed: &mut Seed) -> String {
    let compressed = *seed.any(&[false, true]);
    let Fault { shown, save, expected } = line(saved, seed);
    let engine = FakeEngine::speaking(&saved.dialect, shown, save.clone());
    let stand = Stand::new(&engine.host);
    let mut arguments = vec!["update", &saved.reference, "--clean", "--progress", "none"];
    if compressed {
        arguments.push("--compress");
    }
    let mut command = stand.place.command(&arguments);
    if let Save::Stalls(_) = save {
        command.env("SEALIFT_API_TIMEOUT", "1");
    }
    let said = stand.place.said(command.output().unwrap());
    match expected {
        Expected::Refused(code, words) => stand.assert_refused(&said, code, &words),
        Expected::Taken => stand.assert_taken(saved, &said, compressed),
        Expected::AsItMatters => {
            let (Save::Ends(sent) | Save::Trickles(sent)) = save else { panic!("it has no end") };
            // Without manifest.json the image may be complete, but nothing is removed because of
            // it.
            let is_kept_beside = said.code == 1
                && said.stderr.contains("the engine sent its successor without manifest.json");
            if is_kept_beside {
                assert!(!names(&sent).contains(&"manifest.json".to_owned()), "{said:?}");
                stand.assert_only_whole_archives();
            }
            if said.code == 0 || is_kept_beside {
                if !is_kept_beside {
                    stand.assert_taken(saved, &said, compressed);
                }
                let cat = stand.place.command(&["cat", &saved.reference, "-q"]).output().unwrap();
                assert!(
                    payload(&cat.stdout) == payload(&sent),
                    "the archive differs from the sent bytes"
                );
                let before = saved.essence(&saved.tar);
                assert!(saved.essence(&cat.stdout) == before, "the sent bytes are not the image");
                return "taken, and is the image".to_owned();
            }
            assert!(matches!(said.code, 4 | 5), "{said:?}");
            stand.assert_refused(&said, said.code, "nothing was changed in artifacts");
        }
    }
    match said.code {
        0 => "taken".to_owned(),
        code => format!("refused with {code}"),
    }
}

fn names(tar: &[u8]) -> Vec<String> {
    spans(tar).into_iter().map(|span| span.name).collect()
}

fn on_made_saves(small: u64, line: Line) {
    scenario(small, |seed| {
        let saved = made(seed);
        update(&saved, line, seed)
    });
}

const DAMAGED: &str = "is damaged; nothing was changed in artifacts";

/// Returns a fault that interrupts the save at an offset, in one of the ways in which a connection
/// is interrupted.
fn interrupted(saved: &Saved, at: usize, seed: &mut Seed) -> Fault {
    let sent = saved.tar[..at].to_vec();
    let broken = || Expected::Refused(1, format!("the connection was lost after {at} bytes"));
    let (save, expected) = match seed.any(&[0, 1, 2]) {
        0 => (Save::Ends(sent), Expected::Refused(5, DAMAGED.to_owned())),
        1 => (Save::BreaksOff(sent), broken()),
        _ => (Save::Resets(sent), broken()),
    };
    fault(saved, save, expected)
}

pub(crate) fn interrupted_at_an_entry(saved: &Saved, seed: &mut Seed) -> Fault {
    let mut places: Vec<usize> = saved.spans.iter().map(|span| span.begin).collect();
    // Before the end marker and in its middle.
    places.extend([saved.end(), saved.end() + 512]);
    let at = *seed.choose(&places);
    interrupted(saved, at, seed)
}

pub(crate) fn interrupted_anywhere(saved: &Saved, seed: &mut Seed) -> Fault {
    let at = seed.below(saved.end() + 1024);
    interrupted(saved, at, seed)
}

/// Returns a fault in which the engine reports an error after a successful status.
pub(crate) fn an_error_in_the_answer(saved: &Saved, seed: &mut Seed) -> Fault {
    let report = *seed.any(&[
        &b"{\"errorDetail\":{\"message\":\"unexpected EOF from layer store\"},\"error\":\"x\"}"[..],
        b"{\"cause\":\"x\",\"message\":\"unexpected EOF from layer store\",\"response\":500}\n",
        b"{\"message\":\"unexpected EOF from layer store\"}",
    ]);
    let place = *seed.choose(&["behind", "at an entry", "anywhere"]);
    let at = match place {
        "behind" => saved.tar.len(),
        "at an entry" => saved.spans[seed.below(saved.spans.len())].begin,
        _ => seed.below(saved.tar.len()),
    };
    let sent = [&saved.tar[..at], report].concat();
    let save = match seed.any(&[false, true]) {
        false => Save::Ends(sent),
        true => Save::BreaksOff(sent),
    };
    let words = format!("the engine reported after {at} bytes: unexpected EOF from layer store");
    fault(saved, save, Expected::Refused(5, words))
}

pub(crate) fn an_entry_left_out(saved: &Saved, seed: &mut Seed) -> Fault {
    let span = seed.choose(&saved.spans);
    let sent = [&saved.tar[..span.begin], &saved.tar[span.end..]].concat();
    let expected = match saved.is_essential(&span.name) {
        true => Expected::Refused(5, DAMAGED.to_owned()),
        false => Expected::AsItMatters,
    };
    fault(saved, Save::Ends(sent), expected)
}

pub(crate) fn an_entry_repeated(saved: &Saved, seed: &mut Seed) -> Fault {
    let span = seed.choose(&saved.spans);
    let mut entry = saved.tar[span.begin..span.end].to_vec();
    let mut expected = Expected::Taken;
    // The second one may have other content.
    if *seed.any(&[false, true]) && span.size > 0 {
        let byte = span.content - span.begin + seed.below(span.size);
        entry[byte] ^= 1 << seed.below(8);
        expected = Expected::Refused(5, "nothing was changed in artifacts".to_owned());
    }
    let behind = match seed.any(&[false, true]) {
        false => span.end,
        true => saved.end(),
    };
    let sent = [&saved.tar[..behind], &entry, &saved.tar[behind..]].concat();
    fault(saved, Save::Ends(sent), expected)
}

fn flipped(saved: &Saved, at: usize, seed: &mut Seed, expected: Expected) -> Fault {
    let mut sent = saved.tar.clone();
    sent[at] ^= 1 << seed.below(8);
    fault(saved, Save::Ends(sent), expected)
}

/// Returns a fault that flips a bit in content with a digest: layers, config, and all blobs of an
/// OCI layout.
pub(crate) fn a_bit_in_content(saved: &Saved, seed: &mut Seed) -> Fault {
    let mut hit = saved.filled(|name| name.starts_with("blobs/sha256/"));
    if hit.is_empty() {
        hit = saved.essential();
    }
    let span = *seed.choose(&hit);
    let at = span.content + seed.below(span.size);
    flipped(saved, at, seed, Expected::Refused(5, DAMAGED.to_owned()))
}

pub(crate) fn a_bit_in_a_manifest(saved: &Saved, seed: &mut Seed) -> Fault {
    let files = saved.filled(|name| matches!(name, "manifest.json" | "index.json"));
    let span = *seed.choose(&files);
    let at = span.content + seed.below(span.size);
    flipped(saved, at, seed, Expected::AsItMatters)
}

pub(crate) fn a_bit_in_a_header(saved: &Saved, seed: &mut Seed) -> Fault {
    let span = seed.choose(&saved.spans);
    let at = span.begin + seed.below(span.content - span.begin);
    flipped(saved, at, seed, Expected::AsItMatters)
}

pub(crate) fn a_bit_anywhere(saved: &Saved, seed: &mut Seed) -> Fault {
    let at = seed.below(saved.tar.len());
    flipped(saved, at, seed, Expected::AsItMatters)
}

pub(crate) fn garbage_behind(saved: &Saved, seed: &mut Seed) -> Fault {
    // Zeros may follow the end marker as padding. Nothing else may follow.
    let zeros = vec![0; *seed.choose(&[0, 512, 10_000])];
    let garbage = noise(1 + seed.below(2000));
    let sent = [saved.tar.as_slice(), &zeros, &garbage].concat();
    fault(saved, Save::Ends(sent), Expected::Refused(5, DAMAGED.to_owned()))
}

fn zeros_behind(saved: &Saved, seed: &mut Seed) -> Fault {
    let sent = [saved.tar.as_slice(), &vec![0; seed.below(20_000)]].concat();
    fault(saved, Save::Ends(sent), Expected::Taken)
}

fn a_stall(saved: &Saved, seed: &mut Seed) -> Fault {
    let at = 1 + seed.below(saved.tar.len() - 1);
    let words = format!("no data for 1 s, after {at} bytes of the answer");
    fault(saved, Save::Stalls(saved.tar[..at].to_vec()), Expected::Refused(1, words))
}

fn one_byte_at_a_time(saved: &Saved, _: &mut Seed) -> Fault {
    fault(saved, Save::Trickles(saved.tar.clone()), Expected::Taken)
}

fn a_tag_that_moves(saved: &Saved, seed: &mut Seed) -> Fault {
    let other = |seed| shown(&Image::new(&saved.reference, seed));
    let mine = || saved.shown.clone();
    let whole = || Save::Ends(saved.tar.clone());
    let at = seed.below(saved.end());
    let twice = "was moved to another image during both attempts to save it";
    let (shown, save, expected) = match seed.choose(&[0, 1, 2, 3]) {
        0 => (vec![other(9), mine()], whole(), Expected::Taken),
        1 => (vec![mine(), other(8), other(9)], whole(), Expected::Refused(1, twice.to_owned())),
        // The received image is complete, but is the one of the second inspect request only.
        2 => (vec![other(8), mine(), other(9)], whole(), Expected::Refused(1, twice.to_owned())),
        _ => {
            let broken = Save::BreaksOff(saved.tar[..at].to_vec());
            let words = format!("the connection was lost after {at} bytes");
            (vec![other(9), mine()], broken, Expected::Refused(1, words))
        }
    };
    Fault { shown, save, expected }
}

fn another_image(saved: &Saved, seed: &mut Seed) -> Fault {
    let other = shown(&Image::new(&saved.reference, 3 + u8::try_from(seed.below(200)).unwrap()));
    let words = format!("the engine sent another image as `{}`", saved.reference);
    let save = Save::Ends(saved.tar.clone());
    Fault { shown: vec![other], save, expected: Expected::Refused(5, words) }
}

/// The faults for all saves, with their names.
pub(crate) const LINES: [(&str, Line); 11] = [
    ("interrupted at an entry", interrupted_at_an_entry),
    ("interrupted anywhere", interrupted_anywhere),
    ("an error in the answer", an_error_in_the_answer),
    ("an entry left out", an_entry_left_out),
    ("an entry repeated", an_entry_repeated),
    ("a bit in layer or config", a_bit_in_content),
    ("a bit in a manifest", a_bit_in_a_manifest),
    ("a bit in a header", a_bit_in_a_header),
    ("a bit anywhere", a_bit_anywhere),
    ("garbage behind", garbage_behind),
    ("another image", another_image),
];

mod made_saves {
    use super::on_made_saves;

    macro_rules! scenarios {
        ($($name:ident $small:literal)*) => {
            $(
                #[test]
                fn $name() {
                    on_made_saves($small, super::$name);
                }
            )*
        };
    }

    scenarios! {
        interrupted_at_an_entry 65
        interrupted_anywhere 20
        an_error_in_the_answer 30
        an_entry_left_out 55
        an_entry_repeated 40
        a_bit_in_content 40
        a_bit_in_a_manifest 30
        a_bit_in_a_header 30
        a_bit_anywhere 20
        garbage_behind 15
        zeros_behind 5
        a_stall 1
        one_byte_at_a_time 3
        a_tag_that_moves 20
        another_image 5
    }
}
