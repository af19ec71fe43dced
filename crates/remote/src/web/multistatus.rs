//! The list of a folder in the form that WebDAV servers send (RFC 4918, section 13).

use percent_encoding::percent_decode_str;
use quick_xml::NsReader;
use quick_xml::events::{BytesRef, Event};
use quick_xml::name::{Namespace, ResolveResult};

const DAV: ResolveResult<'static> = ResolveResult::Bound(Namespace(b"DAV:"));

/// An entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    /// The decoded name of the entry.
    pub(super) name: String,
    /// The size of a file, or `None` for a folder.
    pub(super) size: Option<u64>,
}

/// A `response` element of the list.
#[derive(Debug, Default)]
struct Response {
    href: String,
    length: String,
    is_folder: bool,
}

/// Returns the entries of the folder with this path, which ends with a slash. The folder itself,
/// entries of other folders and entries whose names begin with a dot are left out.
pub(super) fn members(xml: &[u8], folder: &str) -> Result<Vec<Member>, String> {
    let mut reader = NsReader::from_reader(xml);
    let mut found = Vec::new();
    let mut response = Response::default();
    let mut names: Vec<String> = Vec::new();
    loop {
        let bad = |what: &dyn std::fmt::Display| format!("the list cannot be read: {what}");
        let (space, event) = reader.read_resolved_event().map_err(|error| bad(&error))?;
        let is_dav = space == DAV;
        match event {
            Event::Start(start) => {
                let name = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
                if is_dav && name == "response" {
                    response = Response::default();
                }
                response.is_folder |= is_dav && name == "collection";
                names.push(if is_dav { name } else { String::new() });
            }
            Event::Empty(empty) => {
                response.is_folder |= is_dav && empty.local_name().as_ref() == b"collection";
            }
            Event::End(_) => {
                if names.pop().as_deref() == Some("response") {
                    found.extend(std::mem::take(&mut response).member(folder)?);
                }
            }
            Event::Text(text) => {
                let text = text.xml10_content().map_err(|error| bad(&error))?;
                response.add(&names, &text);
            }
            Event::CData(text) => {
                let text = text.decode().map_err(|error| bad(&error))?;
                response.add(&names, &text);
            }
            Event::GeneralRef(reference) => response.add(&names, &resolved(&reference)?),
            Event::Eof if names.is_empty() => return Ok(found),
            Event::Eof => return Err(bad(&"it ends too early")),
            Event::Decl(_) | Event::PI(_) | Event::DocType(_) | Event::Comment(_) => {}
        }
    }
}

fn resolved(reference: &BytesRef<'_>) -> Result<String, String> {
    let unknown = || "the list cannot be read: it contains an unknown entity".to_owned();
    if let Some(character) = reference.resolve_char_ref().map_err(|_| unknown())? {
        return Ok(character.into());
    }
    let name = reference.decode().map_err(|_| unknown())?;
    quick_xml::escape::resolve_predefined_entity(&name).map(str::to_owned).ok_or_else(unknown)
}

impl Response {
    fn add(&mut self, names: &[String], text: &str) {
        match names.last().map(String::as_str) {
            Some("href") if names.iter().rev().nth(1).is_some_and(|name| name == "response") => {
                self.href.push_str(text.trim());
            }
            Some("getcontentlength") => self.length.push_str(text.trim()),
            _ => {}
        }
    }

    fn member(self, folder: &str) -> Result<Option<Member>, String> {
        let decoded = |path: &str| percent_decode_str(path).decode_utf8_lossy().into_owned();
        let path = match self.href.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
            None => &self.href,
        };
        let (path, folder) = (decoded(path), decoded(folder));
        let Some(name) = path.strip_prefix(folder.as_str()) else { return Ok(None) };
        let name = name.trim_end_matches('/');
        if name.is_empty() || name.starts_with('.') || name.contains('/') {
            return Ok(None);
        }
        let size = match self.is_folder {
            true => None,
            false => Some(self.length.parse().map_err(|_| {
                let name = sealift_filename::Printable(name);
                format!("the list does not state the size of `{name}`")
            })?),
        };
        Ok(Some(Member { name: name.to_owned(), size }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(responses: &str) -> Result<Vec<(String, Option<u64>)>, String> {
        let xml = format!(
            "<?xml version=\"1.0\"?><D:multistatus xmlns:D=\"DAV:\">{responses}</D:multistatus>"
        );
        let members = members(xml.as_bytes(), "/a%20b/")?;
        Ok(members.into_iter().map(|member| (member.name, member.size)).collect())
    }

    fn response(href: &str, properties: &str) -> String {
        format!(
            "<D:response><D:href>{href}</D:href><D:propstat><D:prop>{properties}</D:prop>\
             <D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
        )
    }

    const FOLDER: &str = "<D:resourcetype><D:collection/></D:resourcetype>";

    #[test]
    fn members_are_the_entries_of_the_folder_itself() {
        let file = "<D:getcontentlength>7</D:getcontentlength><D:resourcetype/>";
        let other = "<x:getcontentlength xmlns:x=\"urn:x\">9</x:getcontentlength>";
        let responses = [
            response("/a%20b/", FOLDER),
            response("/a%20b/web_1%2Bx.zip", &format!("{other}{file}")),
            response("http://h:80/a%20b/team/", FOLDER),
            response("/a b/x&amp;y&#33;", file),
            response("/a%20b/.hidden", file),
            response("/a%20b/team/deep", file),
            response("/a%20b/../secret", file),
            response("/elsewhere", file),
        ];
        let file = |name: &str| (name.to_owned(), Some(7));
        let expected = vec![file("web_1+x.zip"), ("team".to_owned(), None), file("x&y!")];
        assert_eq!(listed(&responses.concat()), Ok(expected));
    }

    #[test]
    fn an_invalid_list_is_refused() {
        listed(&response("/a%20b/x", "")).unwrap_err();
        listed("<D:response>").unwrap_err();
        listed("&unknown;").unwrap_err();
        assert!(members(b"<html><body>no</body></html>", "/").unwrap().is_empty());
        members(b"<html", "/").unwrap_err();
    }
}
