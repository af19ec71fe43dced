//! Tests of the forms of tar headers: those that writers use, and those that are refused.

use sealift_archive::Fault;
use sealift_testing::layouts::{Body, Image, pack};
use sealift_testing::raw_tar::{RawTar, pax_record};

use crate::layouts::verify;

/// Packs the image and changes the header of each entry.
fn repack(image: &Image, change: impl Fn(&str, &mut tar::Header)) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for entry in image.docker_blobs() {
        let Body::File(content) = &entry.body else {
            continue;
        };
        let mut header = tar::Header::new_gnu();
        header.set_path(&entry.name).unwrap();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        change(&entry.name, &mut header);
        tar.append(&header, content.as_slice()).unwrap();
    }
    tar.into_inner().unwrap()
}

fn image() -> Image {
    Image::new("web:1.0", 1)
}

#[test]
fn names_of_the_old_gnu_form_are_read() {
    assert!(verify(&repack(&image(), |_, _| {})).is_ok());
}

#[test]
fn sizes_in_base_256_are_read() {
    let tar = repack(&image(), |_, header| {
        let size = header.size().unwrap();
        let field = &mut header.as_old_mut().size;
        field.fill(0);
        field[0] = 0x80;
        field[4..].copy_from_slice(&size.to_be_bytes());
        header.set_cksum();
    });
    assert!(verify(&tar).is_ok());
}

#[test]
fn impossible_sizes_are_refused() {
    let with_size = |field: [u8; 12]| {
        repack(&image(), |name, header| {
            if name == "manifest.json" {
                header.as_old_mut().size = field;
                header.set_cksum();
            }
        })
    };
    let refusal = |field| match verify(&with_size(field)) {
        Err(Fault::BadHeader { reason, .. }) => reason,
        other => panic!("{other:?}"),
    };
    insta::assert_snapshot!(refusal([0xff; 12]), @"its size is not a number");
    insta::assert_snapshot!(refusal(*b"not a number"), @"its size is not a number");
    let mut huge = [0xff; 12];
    huge[0] = 0x80;
    insta::assert_snapshot!(refusal(huge), @"its size is not a number");
    huge[..5].copy_from_slice(&[0x80, 0, 0, 0, 0x7f]);
    insta::assert_snapshot!(refusal(huge), @"its size is impossible");
}

#[test]
fn long_names_are_read_in_both_forms() {
    let long = "x/".repeat(120) + "layer.tar";
    let mut entries = image().podman();
    let old = std::mem::replace(&mut entries[0].name, long.clone());
    for entry in &mut entries {
        if let Body::File(json) = &mut entry.body
            && entry.name == "manifest.json"
        {
            *json = String::from_utf8_lossy(json).replace(&old, &long).into_bytes();
        }
    }
    assert!(verify(&pack(&entries)).is_ok(), "GNU");

    let mut tar = tar::Builder::new(Vec::new());
    for entry in &entries {
        let Body::File(content) = &entry.body else {
            continue;
        };
        tar.append_pax_extensions([("path", entry.name.as_bytes()), ("comment", b"a\nb")]).unwrap();
        let mut header = tar::Header::new_ustar();
        header.set_path("overridden").unwrap();
        header.set_size(content.len() as u64);
        header.set_cksum();
        tar.append(&header, content.as_slice()).unwrap();
    }
    assert!(verify(&tar.into_inner().unwrap()).is_ok(), "pax");
}

#[test]
fn checksums_are_read_only_in_known_formats() {
    let with = |form: fn(u32) -> String| {
        repack(&image(), |_, header| {
            header.set_cksum();
            let sum = header.cksum().unwrap();
            header.as_old_mut().cksum.copy_from_slice(form(sum).as_bytes());
        })
    };
    for form in
        [|sum| format!("{sum:06o}\0 "), |sum| format!("{sum:07o}\0"), |sum| format!("{sum:06o} \0")]
    {
        assert!(verify(&with(form)).is_ok());
    }
    for form in [
        |sum| format!("{sum:06o}  "),
        |sum| format!("{sum:06o}\0\0"),
        |sum| format!("{sum:6o}\0 "),
        |sum| format!("{sum:7o}\0"),
    ] {
        let fault = verify(&with(form)).unwrap_err().reason().to_string();
        assert!(fault.ends_with("its checksum has an unknown format"), "{fault}");
    }
}

#[test]
fn a_name_that_is_too_long_is_refused_before_it_is_read() {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::GNULongName);
    header.set_size(1 << 40);
    header.set_cksum();
    insta::assert_snapshot!(verify(header.as_bytes()).unwrap_err().reason(), @"a name or attribute of 1099511627776 bytes, at byte 0: more than the limit of 1 MiB");
}

#[test]
fn an_entry_with_an_ambiguous_name_is_refused() {
    let sound = pack(&image().docker_blobs());
    let before = |hidden: RawTar| match verify(&[hidden.bytes, sound.clone()].concat()) {
        Err(Fault::BadHeader { reason, .. } | Fault::Unsupported { reason }) => reason,
        other => panic!("{other:?}"),
    };
    let hidden = |kind| RawTar::new().extension(kind, b"\0").file("manifest.json", b"[]");
    insta::assert_snapshot!(before(hidden(b'L')), @"its name is empty");
    insta::assert_snapshot!(before(hidden(b'K')), @"its name is empty");
    let sparse = RawTar::new().pax(&[
        ("GNU.sparse.major", "0"),
        ("GNU.sparse.minor", "1"),
        ("GNU.sparse.name", ""),
        ("GNU.sparse.numblocks", "1"),
        ("GNU.sparse.map", "0,2"),
    ]);
    insta::assert_snapshot!(before(sparse.file("manifest.json", b"[]")), @"its name is empty");
    let unknown = RawTar::new().header(b'9', "manifest.json", b"00000000002\0").content(b"[]");
    insta::assert_snapshot!(before(unknown), @"its entry `manifest.json` has an unknown type, which is not supported");
}

#[test]
fn endless_headers_are_refused() {
    let record = pax_record("comment", &"x".repeat(1_000_000));
    let headers = (0..20).fold(RawTar::new(), |tar, _| tar.extension(b'g', &record));
    let fault = verify(&headers.end()).unwrap_err();
    assert!(matches!(fault, Fault::LimitExceeded { .. }), "{fault}");
    let few = (0..10).fold(RawTar::new(), |tar, _| tar.extension(b'g', &record).file("a", b""));
    let twice = [few.bytes.clone(), few.bytes, pack(&image().docker_blobs())].concat();
    verify(&twice).unwrap();
}
