//! Snapshots of pages with sample data.

use jiff::Timestamp;
use sealift_oci::Digest;

use super::image_page::{ArchiveDetails, ImagePage, Layers, NewLayers, VersionKind};
use super::image_view::image_html;
use super::overview::{ImageSummary, Overview, RefusedArchive, Totals};
use super::overview_view::overview_html;

const HOSTILE: &str = "</td><script>alert('1')</script>\u{202e}\"&";

fn time(day: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + day * 86_400).unwrap()
}

/// Returns the main element of a page, with one element per line.
fn main_of(html: &str) -> String {
    let begin = html.find("<main").unwrap();
    let end = html.find("</main>").unwrap();
    html[begin..end].replace("><", ">\n<")
}

fn overview() -> Overview {
    let folder = Totals { images: 0, archives: 0, size: 0, waiting: 0, refused: 0 };
    Overview {
        format: 1,
        host: "build1:5000".to_owned(),
        folder,
        query: String::new(),
        found: 0,
        page: 1,
        pages: 1,
        images: Vec::new(),
        waiting: Vec::new(),
        refused: Vec::new(),
    }
}

fn summary() -> ImageSummary {
    ImageSummary {
        image: "team/web".to_owned(),
        version: "1.4.0.7".to_owned(),
        kind: VersionKind::Release,
        saved: time(-3),
        size: 141_000_000,
        platforms: vec!["linux/amd64".to_owned(), "linux/arm64".to_owned()],
        pull: Some("build1:5000/team/web:1.4.0.7".to_owned()),
        versions: 12,
        archives: 24,
        total_size: 2_100_000_000,
    }
}

fn archive(version: &str, new: Option<NewLayers>) -> ArchiveDetails {
    ArchiveDetails {
        archive: format!("team/web_{version}_0123456789ab.zip").parse().unwrap(),
        version: version.to_owned(),
        kind: if version == "dev" { VersionKind::Dirty } else { VersionKind::Release },
        latest: version == "1.4.0.7",
        platform: Some("linux/amd64".to_owned()),
        size: 141_000_000,
        sha256: Some(Digest::of(b"file")),
        config: Some(Digest::of(b"config")),
        manifest: Some(Digest::of(b"manifest")),
        saved: time(-3),
        created: Some(time(-4)),
        verified: Some(time(-3)),
        pull: Some(format!("build1:5000/team/web:{version}")),
        url: Some(format!("http://build1:5000/team/web_{version}_0123456789ab.zip")),
        layers: Some(Layers { count: 9, size: 563_000_000, new }),
    }
}

#[test]
fn the_page_of_an_empty_folder_shows_what_to_run() {
    insta::assert_snapshot!("empty", main_of(&overview_html(&overview(), time(0))));
}

#[test]
fn the_overview_lists_images_and_archives_that_are_not_served() {
    let refused =
        RefusedArchive { archive: "db_1_0123456789ab.zip".to_owned(), reason: HOSTILE.to_owned() };
    let dirty = ImageSummary {
        kind: VersionKind::Dirty,
        pull: None,
        version: HOSTILE.to_owned(),
        archives: 1,
        ..summary()
    };
    let overview = Overview {
        folder: Totals { images: 2, archives: 25, size: 2_241_000_000, waiting: 101, refused: 1 },
        query: HOSTILE.to_owned(),
        found: 2,
        page: 2,
        pages: 3,
        images: vec![summary(), dirty],
        waiting: vec!["new_1_0123456789ab.zip".to_owned()],
        refused: vec![refused],
        ..overview()
    };
    let html = overview_html(&overview, time(0));
    assert_eq!(html.matches("<script>").count(), 1);
    insta::assert_snapshot!("overview", main_of(&html));
}

#[test]
fn the_page_of_an_image_shows_how_to_get_each_version() {
    let new = NewLayers { since: "1.4.0.6".to_owned(), count: 2, size: 12_000_000 };
    let mut archives = vec![archive("1.4.0.7", Some(new)), archive("1.4.0.6", None)];
    archives.extend((0..9).map(|_| archive("dev", None)));
    let mut hostile = archive("1", None);
    (hostile.version, hostile.platform) = (HOSTILE.to_owned(), Some(HOSTILE.to_owned()));
    archives.push(hostile);
    let shown = ImagePage {
        format: 1,
        is_https: false,
        host: "build1:5000".to_owned(),
        image: "team/web".to_owned(),
        pull: Some("build1:5000/team/web:1.4.0.7".to_owned()),
        fetch: Some("http://build1:5000/images.json".to_owned()),
        size: 2_100_000_000,
        versions: 4,
        archives,
    };
    let html = image_html(&shown, time(0));
    assert_eq!(html.matches("<script>").count(), 1);
    // The archives in the middle are like the second one.
    let (start, end) = (&main_of(&html), main_of(&html));
    let start = &start[..start.find("dev").unwrap()];
    insta::assert_snapshot!(
        "image",
        format!("{start}\n…\n{}", &end[end.find("<details class=\"older\"").unwrap()..])
    );
}
