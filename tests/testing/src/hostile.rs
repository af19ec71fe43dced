//! Archives that were made to do harm or to mislead, each with the expected verdict.
//!
//! There is only one list: [`hostile_cases!`](crate::hostile_cases) creates a test for each case,
//! and the table of the book is compared with it.

use crate::layouts::{Body, Entry, Image, Packing, compress, digest, file, joined, noise, pack};
use crate::raw_tar::{END, RawTar, pax_record};
use crate::raw_zip::RawZip;

/// A hostile archive.
#[derive(Debug)]
pub struct Case {
    /// Name of the test.
    pub name: &'static str,
    /// Description for the book.
    pub what: &'static str,
    /// The expected verdict.
    pub verdict: Verdict,
    /// The expected message; empty for a valid archive.
    pub says: &'static str,
    /// Creates the file.
    pub make: fn() -> Vec<u8>,
}

/// The verdict on an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The image is valid, and the unusual part changes nothing.
    Whole,
    /// The archive is damaged.
    Damaged,
    /// The file contains no image.
    NoImage,
    /// A limit is exceeded, or the form is not supported.
    Unsupported,
}

impl Verdict {
    /// Returns the name of the verdict in the book.
    pub fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Damaged => "damaged",
            Self::NoImage => "no image",
            Self::Unsupported => "unsupported",
        }
    }
}

impl Case {
    /// Returns the row of the book's table.
    pub fn row(&self) -> String {
        let says = match self.says {
            "" => String::new(),
            // A cell of a table cannot contain a bar, and a code span that contains a backtick
            // needs two around it.
            says => format!("`` {} ``", says.replace('|', "\\|")),
        };
        format!("| {} | {} | {says} |", self.what, self.verdict.name())
    }
}

/// Returns a case by its name.
///
/// # Panics
///
/// If there is no such case.
pub fn case(name: &str) -> &'static Case {
    CASES.iter().find(|case| case.name == name).expect("the case is in the list")
}

/// Returns the image that all archives contain, or would contain.
pub fn image() -> Image {
    Image::new("web:1.0.0.1", 1)
}

macro_rules! cases {
    (($d:tt) $($name:ident: $what:literal, $verdict:ident $says:literal, $make:expr;)*) => {
        /// All cases.
        pub const CASES: &[Case] = &[$(Case {
            name: stringify!($name),
            what: $what,
            verdict: Verdict::$verdict,
            says: $says,
            make: $make,
        }),*];

        /// Makes a test of every hostile archive, which calls a function with the case.
        #[macro_export]
        macro_rules! hostile_cases {
            ($d check:path) => {
                $(#[test]
                fn $name() {
                    $d check($crate::hostile::case(stringify!($name)));
                })*
            };
        }
    };
}

cases! { ($)
    entries_without_end:
        "20,001 entries", Unsupported "its entries: more than the limit of 20000",
        || with(&(0..20_001).fold(RawTar::new(), |tar, at| tar.file(&format!("e{at}"), b"")));
    names_without_end:
        "entries with names of 9 MB together", Unsupported "the names of its entries: more than the limit of 8 MiB",
        || with(&(0..9).fold(RawTar::new(), |tar, at| {
            tar.extension(b'L', format!("{at}{}", "n".repeat(999_999)).as_bytes()).file("short", b"")
        }));
    a_name_of_a_terabyte:
        "a GNU long name of 1 TiB", Unsupported "a name or attribute of 1099511627776 bytes, at byte 0: more than the limit of 1 MiB",
        || RawTar::new().header(b'L', "././@LongLink", &size_field(1 << 40)).bytes;
    attributes_of_a_terabyte:
        "pax attributes of 1 TiB", Unsupported "a name or attribute of 1099511627776 bytes, at byte 0: more than the limit of 1 MiB",
        || RawTar::new().header(b'x', "pax", &size_field(1 << 40)).bytes;
    json_that_is_too_large:
        "a `manifest.json` of 5 MiB", Unsupported "`manifest.json` of 5242880 bytes: more than the limit of 4 MiB each and 16 MiB in all",
        || replaced("manifest.json", spaces(5 << 20));
    json_that_is_too_large_together:
        "five other JSON files of 4 MiB before it", Unsupported "`manifest.json` of 264 bytes: more than the limit of 4 MiB each and 16 MiB in all",
        || with(&(0..5).fold(RawTar::new(), |tar, at| tar.file(&format!("{at}.json"), &spaces(4 << 20))));
    json_that_is_too_deep:
        "a config whose settings are 200 lists deep", Damaged "`config.json` cannot be parsed: recursion limit exceeded at line 1 column 137",
        || with_config(&format!("\"config\":{}", nested(200)));
    json_that_is_deep_where_nobody_looks:
        "a config with a member that is not read, 100,000 lists deep", Whole "",
        || with_config(&format!("\"history\":{}", nested(100_000)));
    json_with_a_key_in_two_spellings:
        "`Config` and `config` in `manifest.json`: Go takes the second one", Damaged "`manifest.json` cannot be parsed: it has two keys \"config\" at line 1 column 28",
        || replaced("manifest.json", b"[{\"Config\":\"a.json\",\"config\":\"b.json\",\"Layers\":[]}]".to_vec());
    json_that_names_paths:
        "a digest in `index.json` that is a path", Damaged "`index.json` contains an invalid digest: `sha256:../../../../etc/passwd` is not `sha256:` and 64 lowercase hex digits",
        || replaced_in(image().docker_blobs(), "index.json", index_of("sha256:../../../../etc/passwd"));
    json_that_steers_a_terminal:
        "a digest with control characters", Damaged "`index.json` contains an invalid digest: `\\n\\u{1b}[2J\\u{202e}` is not `sha256:` and 64 lowercase hex digits",
        || replaced_in(image().docker_blobs(), "index.json", index_of("\\n\\u001b[2J\u{202e}"));

    a_sparse_file:
        "a sparse file of GNU's old form that does not state its size", Damaged "has no valid tar header at byte 0: its size is not a number",
        || with(&RawTar::new().header(b'S', "hole", &size_field(0)));
    a_sparse_file_of_the_pax_form:
        "a sparse file of an unknown pax form", Damaged "has no valid tar header at byte 1024: it is a sparse file of an unknown form",
        || with(&RawTar::new().pax(&[("GNU.sparse.major", "1")]).file("layer.tar", b""));
    a_sparse_file_whose_pieces_overlap:
        "a sparse file whose pieces overlap", Damaged "has no valid tar header at byte 1024: its sparse map is broken",
        || with(&RawTar::new().pax(&[
            ("GNU.sparse.numblocks", "2"), ("GNU.sparse.map", "0,3,1,2"), ("GNU.sparse.size", "5"),
        ]).file("sparse", b"abcde"));
    a_sparse_file_with_more_than_its_map_says:
        "a sparse file with more data than its map lists", Damaged "has no valid tar header at byte 1024: its sparse map does not match its size",
        || with(&RawTar::new().pax(&[
            ("GNU.sparse.numblocks", "1"), ("GNU.sparse.map", "0,3"), ("GNU.sparse.size", "5"),
        ]).file("sparse", b"abcde"));
    a_sparse_file_of_a_petabyte:
        "a sparse file with a hole of 1 PiB", Unsupported "the holes of a sparse file of 1125899906842624 bytes: more than the limit of 16 GiB",
        || with(&RawTar::new().pax(&[
            ("GNU.sparse.numblocks", "0"), ("GNU.sparse.map", ""), ("GNU.sparse.size", "1125899906842624"),
        ]).file("sparse", b""));
    padding_that_is_not_zero:
        "data in the padding of an entry", Damaged "has other data in the padding of an entry, at byte 1023",
        || {
            let mut tar = RawTar::new().file("a", b"hello");
            tar.bytes[1023] = 1;
            with(&tar)
        };
    a_negative_size:
        "a negative size in base 256", Damaged "has no valid tar header at byte 0: its size is not a number",
        || with(&RawTar::new().header(b'0', "a", &[0xff; 12]));
    a_size_over_64_bits:
        "a size of more than 64 bits", Damaged "has no valid tar header at byte 0: its size is not a number",
        || with(&RawTar::new().header(b'0', "a", b"\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"));
    a_size_that_cannot_be_true:
        "a size of 2⁶³ bytes", Damaged "has no valid tar header at byte 0: its size is impossible",
        || with(&RawTar::new().header(b'0', "a", b"\x80\0\0\0\x80\0\0\0\0\0\0\0"));
    a_size_of_an_exabyte:
        "a file of 1 EiB that is not there", Damaged "ends after 4096 bytes, 1152921504606843392 bytes before the end of entry `a`",
        || [RawTar::new().header(b'0', "a", &size_field(1 << 60)).bytes, vec![0; 3584]].concat();
    a_size_in_base_256:
        "sizes in base 256, as GNU writes large ones", Whole "",
        || with(&RawTar::new().header(b'0', "a", b"\x80\0\0\0\0\0\0\0\0\0\0\x05").content(b"hello"));
    a_size_behind_a_zero_byte:
        "a size after a zero byte, which some readers skip", Damaged "has no valid tar header at byte 0: its size is not a number",
        || with(&RawTar::new().header(b'0', "a", b"\x0000000001000"));
    a_negative_pax_size:
        "a negative size in pax form", Damaged "has no valid tar header at byte 0: its pax size is not a number",
        || with(&RawTar::new().pax(&[("size", "-1")]).file("a", b""));
    a_pax_size_that_hides_an_entry:
        "a pax size by which the next entries would be content", Damaged "ends after 18432 bytes, 43104 bytes before the end of entry `a`",
        || with(&RawTar::new().pax(&[("size", "60000")]).file("a", b""));
    pax_records_that_are_broken:
        "a pax record that is longer than it states", Damaged "has no valid tar header at byte 0: its pax records are broken",
        || with(&RawTar::new().extension(b'x', b"9999 path=a\n").file("a", b""));
    a_pax_name_with_a_zero_byte:
        "a pax name with a zero byte", Damaged "has no valid tar header at byte 0: its pax name contains a zero byte",
        || with(&RawTar::new().pax(&[("path", "manifest.json\0x")]).file("a", b""));
    a_pax_name_that_is_empty:
        "an empty pax name, with no earlier name to reset", Whole "",
        || with(&RawTar::new().pax(&[("path", "")]).file("a", b"hello"));
    two_extension_headers_of_one_kind:
        "two pax headers for one entry: readers obey the first, the last or both", Damaged "has no valid tar header at byte 1024: the entry has two extension headers of the same kind",
        || with(&RawTar::new().pax(&[("path", "a")]).pax(&[("comment", "b")]).file("c", b""));
    two_extension_headers_that_disagree:
        "a GNU name and a pax name for one entry", Damaged "has no valid tar header at byte 1024: two extension headers state different names",
        || with(&RawTar::new().extension(b'L', b"a\0").pax(&[("path", "b")]).file("c", b""));
    an_extension_header_before_nothing:
        "an extension header before no entry", Damaged "has no valid tar header at byte 16896: an extension header is not followed by an entry",
        || {
            let mut bytes = pack(&image().podman());
            bytes.truncate(bytes.len() - END.len());
            [bytes, RawTar::new().pax(&[("path", "a")]).bytes, END.to_vec()].concat()
        };
    a_global_header_that_renames:
        "a pax header that names all later entries", Damaged "has no valid tar header at byte 0: a global header changes the name or the size of entries",
        || with(&RawTar::new().extension(b'g', &pax_record("path", "a")));
    a_global_header_with_a_comment:
        "a pax header with a comment for all entries, as git writes it", Whole "",
        || with(&RawTar::new().extension(b'g', &pax_record("comment", "0123abcd")));
    a_wrong_checksum:
        "a header with a wrong checksum", Damaged "has no valid tar header at byte 0: its checksum is wrong",
        || {
            let mut bytes = pack(&image().podman());
            bytes[0] ^= 1;
            bytes
        };

    a_device:
        "a device node", Unsupported "its entry `dev/sda` is a device or a pipe, which is not supported",
        || with(&RawTar::new().header(b'3', "dev/sda", &size_field(0)));
    a_pipe:
        "a pipe", Unsupported "its entry `pipe` is a device or a pipe, which is not supported",
        || with(&RawTar::new().header(b'6', "pipe", &size_field(0)));
    an_absolute_path:
        "an absolute path, which unpacks to `manifest.json`", Unsupported "its entry `/manifest.json` has a name that points outside the archive, which is not supported",
        || with(&RawTar::new().file("/manifest.json", b"[]"));
    a_path_that_leads_outside:
        "a path with `..`", Unsupported "its entry `../../etc/cron.d/x` has a name that points outside the archive, which is not supported",
        || with(&RawTar::new().file("../../etc/cron.d/x", b"* * * * *"));
    a_path_that_leads_back:
        "a path with `..` that comes back", Unsupported "its entry `a/../manifest.json` has a name that points outside the archive, which is not supported",
        || with(&RawTar::new().file("a/../manifest.json", b"[]"));
    a_path_with_needless_parts:
        "`./` and `//` in names, as some writers have them", Whole "",
        || {
            let entries = image().podman().into_iter().map(|entry| Entry { name: format!(".//{}", entry.name), ..entry });
            entries.fold(RawTar::new(), RawTar::entry).end()
        };
    a_link_that_leads_outside:
        "a layer that is a link to a file of the host", Damaged "lacks layer b009bccdd424b3359024e8b42edd15ea78c8e60976f5a1172e303b21efade4b3.tar, which manifest.json names",
        || first_layer_is(Body::Symlink("../../../etc/passwd".to_owned()));
    a_link_to_itself:
        "a layer that is a link to itself", Damaged "lacks layer b009bccdd424b3359024e8b42edd15ea78c8e60976f5a1172e303b21efade4b3.tar, which manifest.json names",
        || first_layer_is(Body::Symlink("b009bccdd424b3359024e8b42edd15ea78c8e60976f5a1172e303b21efade4b3.tar".to_owned()));
    an_entry_below_a_link:
        "an entry below a link to a folder", Damaged "`blobs/manifest.json` is below `blobs`, which is not a folder",
        || with(&RawTar::new().entry(Entry { name: "blobs".to_owned(), body: Body::Symlink(".".to_owned()) }).file("blobs/manifest.json", b"[]"));
    an_entry_twice:
        "an entry twice, the same", Whole "",
        || with(&RawTar::new().entry(image().podman().remove(0)));
    two_entries_of_one_name:
        "two entries of one name with different contents", Damaged "contains `manifest.json` twice, with different contents",
        || with(&RawTar::new().file("manifest.json", b"[]"));
    two_entries_of_one_name_in_two_spellings:
        "the same, once as `./manifest.json`", Damaged "contains `manifest.json` twice, with different contents",
        || with(&RawTar::new().file("./manifest.json", b"[]"));
    a_file_and_a_link_of_one_name:
        "a file and a link of one name", Damaged "contains `manifest.json` twice, with different contents",
        || with(&RawTar::new().entry(Entry { name: "manifest.json".to_owned(), body: Body::Symlink("other.json".to_owned()) }));
    a_name_that_steers_a_terminal:
        "names with line breaks and control characters", Damaged "contains `a\\n\\u{1b}[31mred\\u{9b}` twice, with different contents",
        || with(&RawTar::new().file("a\n\u{1b}[31mred\u{9b}", b"1").file("a\n\u{1b}[31mred\u{9b}", b"2"));
    a_layer_that_steers_a_terminal:
        "the same in what `manifest.json` names", Damaged "lacks layer x\\r\\u{1b}]0;title\\u{7}\\u{202e}gnp, which manifest.json names",
        || replaced("manifest.json", format!(
            "[{{\"Config\":\"{}.json\",\"Layers\":[\"x\\r\\u001b]0;title\\u0007\u{202e}gnp\",\"y\"]}}]", &image().id()[7..]
        ).into_bytes());
    tags_that_steer_a_terminal:
        "the same in tags", Unsupported "it contains 2 images (web\\u{1b}[2J:1, api:2.0); an archive contains one",
        || pack(&joined(Image::new("web\u{1b}[2J:1", 1).podman(), Image::new("api:2.0", 9).podman()));
    words_of_an_engine_that_steer_a_terminal:
        "the same in an engine's report within the archive", Damaged "the engine reported after 16896 bytes: no\\n\\u{1b}[2Jway",
        || [pack(&image().podman()), b"{\"errorDetail\":{\"message\":\"no\\n\\u001b[2Jway\"}}".to_vec()].concat();

    a_zip_with_no_member:
        "a zip with no member", NoImage "the zip has no members instead of one",
        || RawZip::of(b"").bytes[RawZip::of(b"").end..].iter().enumerate().map(|(at, &byte)| if at < 20 && at > 3 { 0 } else { byte }).collect();
    a_zip_with_two_members:
        "a zip that claims two members and has one", Damaged "is not a readable zip: its directory does not have the length that its end states",
        || RawZip::of(&tar()).end_number(8, 2, 2).end_number(10, 2, 2).bytes;
    a_zip_that_claims_many_members:
        "a zip64 that claims 2⁶³ members", Damaged "is not a readable zip: its directory does not have the length that its end states",
        || RawZip::of(&tar()).with_zip64_end(|end| {
            end[24..32].copy_from_slice(&(1_u64 << 63).to_le_bytes());
            end[32..40].copy_from_slice(&(1_u64 << 63).to_le_bytes());
        });
    a_zip_with_overlapping_members:
        "a directory that names the same bytes twice and counts them once", Damaged "is not a readable zip: its directory does not have the length that its end states",
        || {
            let zip = RawZip::of(&tar());
            let entry = zip.bytes[zip.directory..zip.end].to_vec();
            let (length, mut bytes) = (entry.len() as u32 * 2, zip.bytes);
            bytes.splice(zip.end..zip.end, entry);
            RawZip { bytes, directory: zip.directory, end: zip.end + length as usize / 2 }.end_number(12, 4, length.into()).bytes
        };
    a_zip_whose_member_reaches_into_its_directory:
        "a member that reaches into the directory", Damaged "is not a readable zip: its member overlaps its directory",
        || {
            let zip = RawZip::of(&tar());
            let size = zip.packed_size() + 10;
            zip.both_numbers(18, 4, size).bytes
        };
    a_zip_with_something_behind_its_member:
        "bytes between the member and the directory", Damaged "is not a readable zip: there is other data after its member",
        || RawZip::of(&tar()).with_before_directory(b"hidden").bytes;
    a_zip_with_something_within_its_member:
        "bytes after the content, counted as part of the member", Damaged "is not a readable zip: its member continues after its content",
        || {
            let zip = RawZip::of(&tar()).with_before_directory(b"hidden");
            let size = zip.packed_size();
            zip.both_numbers(18, 4, size).bytes
        };
    a_zip_with_something_before_it:
        "a program before the zip", Damaged "is not a readable zip: its directory is not where its end states",
        || [b"#!/bin/sh\nexit 1\n".to_vec(), RawZip::of(&tar()).bytes].concat();
    a_zip_whose_member_begins_elsewhere:
        "another member before the one that the directory names", Damaged "is not a readable zip: its member does not start at the start of the zip",
        || {
            let (hidden, zip) = (RawZip::of(b"hidden"), RawZip::of(&tar()));
            let front = hidden.bytes[..hidden.directory].to_vec();
            let shift = front.len();
            let zip = RawZip { bytes: [front, zip.bytes].concat(), directory: zip.directory + shift, end: zip.end + shift };
            let start = zip.directory as u64;
            zip.entry_number(42, 4, shift as u64).end_number(16, 4, start).bytes
        };
    a_zip_with_something_behind_it:
        "bytes after the zip", Damaged "is not a readable zip: something else follows its end",
        || [RawZip::of(&tar()).bytes, b"garbage".to_vec()].concat();
    a_zip_with_another_zip_in_its_comment:
        "a comment that is the end of another zip", Damaged "is not a readable zip: its directory is not where its end states",
        || {
            let zip = RawZip::of(&tar());
            let comment = zip.bytes[zip.end..].to_vec();
            let zip = zip.end_number(20, 2, comment.len() as u64);
            [zip.bytes, comment].concat()
        };
    a_zip_with_a_comment:
        "a comment", Whole "",
        || [RawZip::of(&tar()).end_number(20, 2, 5).bytes, b"hello".to_vec()].concat();
    a_zip_that_names_its_member_twice:
        "another name before the member than in the directory", Damaged "is not a readable zip: its two headers state different values for the name",
        || RawZip::of(&tar()).local_bytes(30, b"WEB").bytes;
    a_zip_that_sizes_its_member_twice:
        "another size before the member than in the directory", Damaged "is not a readable zip: its two headers state different values for the size",
        || RawZip::of(&tar()).local_number(22, 4, 1).bytes;
    a_zip_that_packs_its_member_twice:
        "another method before the member than in the directory", Damaged "is not a readable zip: its two headers state different values for the method",
        || RawZip::of(&tar()).local_number(8, 2, 0).bytes;
    a_zip_that_declares_less:
        "content that is longer than declared, as a bomb's", Damaged "is not a readable zip: its member is longer than the zip states",
        || RawZip::of(&tar()).both_numbers(22, 4, 1024).bytes;
    a_zip_that_declares_more:
        "content that is shorter than declared", Damaged "is not a readable zip: its member is shorter than the zip states",
        || RawZip::of(&tar()).both_numbers(22, 4, 1 << 30).bytes;
    a_zip_that_declares_two_sizes_of_what_is_stored:
        "a stored member with two sizes", Damaged "is not a readable zip: its member is stored, but its two sizes differ",
        || RawZip::of(&tar()).both_numbers(8, 2, 0).bytes;
    a_zip_with_a_wrong_checksum:
        "a wrong checksum", Damaged "is not a readable zip: its member does not have the checksum that the zip states",
        || RawZip::of(&tar()).both_numbers(14, 4, 0xdead_beef).bytes;
    a_zip_bomb:
        "64 MiB of zeros in 64 kB: packed a thousand to one", NoImage "it contains neither manifest.json nor index.json",
        || RawZip::of(&[RawTar::new().header(b'0', "zeros", &size_field(64 << 20)).bytes, vec![0; (64 << 20) + 1024]].concat()).bytes;
    a_zip_in_a_zip:
        "a zip in a zip", NoImage "its content is not a tar",
        || RawZip::of(&RawZip::of(&tar()).bytes).bytes;
    a_zip_of_a_folder:
        "a zip of a folder", NoImage "the zip's only member is a folder",
        || RawZip::of(&tar()).both_bytes(47, b"/").bytes;
    a_zip_that_is_encrypted:
        "an encrypted member", NoImage "the zip's member is encrypted",
        || RawZip::of(&tar()).both_numbers(6, 2, 1).bytes;
    a_zip_with_another_method:
        "a member packed by LZMA", Unsupported "the zip's member is compressed by method 14; only stored and deflate are supported",
        || RawZip::of(&tar()).both_numbers(8, 2, 14).bytes;
    a_zip_of_several_volumes:
        "a zip that claims to be the last of several volumes, but begins like a single one", Damaged "is not a readable zip: its end states different numbers of volumes or members",
        || RawZip::of(&tar()).end_number(4, 2, 1).bytes;
    a_zip_whose_times_disagree:
        "another time before the member than in the directory", Damaged "is not a readable zip: its two headers state different values for the time",
        || RawZip::of(&tar()).local_number(10, 2, 1).bytes;
    a_zip_whose_member_is_a_link:
        "a member that unpacks to a symbolic link", Unsupported "the zip's member is a link or a device",
        || RawZip::of(&tar()).entry_number(5, 1, 3).entry_number(38, 4, 0o120_777 << 16).bytes;
    a_zip64_without_its_numbers:
        "sizes that point to a zip64 field that is not there", Damaged "is not a readable zip: a number is missing in its zip64 field",
        || RawZip::of(&tar()).both_numbers(22, 4, 0xffff_ffff).bytes;
    a_zip64_whose_ends_disagree:
        "two ends, zip64 and not, that disagree", Damaged "is not a readable zip: its end and its zip64 end state different numbers",
        || RawZip::of(&tar()).with_zip64_end(|end| end[48..56].copy_from_slice(&7_u64.to_le_bytes()));
    a_zip64_where_none_is_needed:
        "a zip64 end where none is needed", Whole "",
        || RawZip::of(&tar()).with_zip64_end(|_| ());
    a_zip_that_breaks_off:
        "a truncated zip", Damaged "is not a readable zip: it is truncated before the end of its directory",
        || {
            let zip = RawZip::of(&tar());
            zip.bytes[..zip.directory].to_vec()
        };

    a_gzip_in_a_gzip:
        "gzip in gzip", NoImage "its content is not a tar",
        || compress(&compress(&tar(), Packing::Gzip), Packing::Gzip);
    a_gzip_with_something_behind_it:
        "bytes after a gzip stream", Damaged "is not a readable gzip stream: invalid gzip header",
        || [compress(&tar(), Packing::Gzip), b"garbage, and more of it".to_vec()].concat();
    a_zstd_with_a_huge_window:
        "zstd that wants 2 GiB for its window", Unsupported "the window that its zstd stream requires: more than the limit of 128 MiB",
        || vec![0x28, 0xb5, 0x2f, 0xfd, 0, 21 << 3, 0, 0, 0, 0, 0, 0];
    a_layer_that_is_a_bomb:
        "a layer of 64 MiB of zeros in 64 kB", Damaged "layer layer.tar.gz, decompressed, should be sha256:b009bccdd424b3359024e8b42edd15ea78c8e60976f5a1172e303b21efade4b3, but is sha256:3b6a07d0d404fab4e23b6d34bc6696a6a312dd92821332385e5af7c01c421351",
        || {
            let config = format!("{}.json", &image().id()[7..]);
            let bomb = compress(&vec![0; 64 << 20], Packing::Gzip);
            pack(&[
                file("layer.tar.gz", bomb),
                file(&config, image().config()),
                file("manifest.json", format!("[{{\"Config\":\"{config}\",\"Layers\":[\"layer.tar.gz\",\"layer.tar.gz\"]}}]").into_bytes()),
            ])
        };
    noise_that_is_nothing:
        "noise", NoImage "its content is not a tar",
        || noise(100_000);
}

fn tar() -> Vec<u8> {
    pack(&image().podman())
}

/// Returns the image with other content before its entries.
fn with(front: &RawTar) -> Vec<u8> {
    [front.bytes.clone(), tar()].concat()
}

fn size_field(size: u64) -> [u8; 12] {
    let mut field = [0; 12];
    field[0] = 0x80;
    field[4..].copy_from_slice(&size.to_be_bytes());
    field
}

/// Returns an empty JSON list with this many spaces.
fn spaces(length: usize) -> Vec<u8> {
    [b"[".to_vec(), vec![b' '; length - 2], b"]".to_vec()].concat()
}

fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

fn replaced(name: &str, content: Vec<u8>) -> Vec<u8> {
    replaced_in(image().podman(), name, content)
}

fn replaced_in(mut entries: Vec<Entry>, name: &str, content: Vec<u8>) -> Vec<u8> {
    entries.retain(|entry| entry.name != name);
    entries.push(file(name, content));
    pack(&entries)
}

fn index_of(digest: &str) -> Vec<u8> {
    let kind = "application/vnd.oci.image.manifest.v1+json";
    format!("{{\"manifests\":[{{\"mediaType\":\"{kind}\",\"digest\":\"{digest}\"}}]}}").into_bytes()
}

/// Returns the image with this member at the start of its config.
fn with_config(member: &str) -> Vec<u8> {
    let layer = image().layers.remove(0);
    let config = format!(
        "{{{member},\"os\":\"linux\",\"architecture\":\"amd64\",\"rootfs\":{{\"diff_ids\":[\"{}\"]}}}}",
        digest(&layer)
    );
    let manifest =
        b"[{\"Config\":\"config.json\",\"RepoTags\":[\"web:1\"],\"Layers\":[\"layer.tar\"]}]";
    pack(&[
        file("layer.tar", layer),
        file("config.json", config.into_bytes()),
        file("manifest.json", manifest.to_vec()),
    ])
}

fn first_layer_is(body: Body) -> Vec<u8> {
    let mut entries = image().podman();
    entries[0].body = body;
    pack(&entries)
}
