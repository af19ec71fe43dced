//! Extension headers of a tar, which precede an entry and describe it.

use crate::verify::pax::{Pax, PaxSparse, read_pax};
use crate::verify::tar_header::{text, until_nul};

/// The kind of an extension header.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExtensionKind {
    LongName,
    LongLink,
    Pax,
    /// Defaults for all later entries. Readers disagree on whether to apply them (Go's does not),
    /// so those that would change an entry are refused.
    PaxGlobal,
}

impl ExtensionKind {
    pub(crate) fn of(type_flag: u8) -> Option<Self> {
        match type_flag {
            b'L' => Some(Self::LongName),
            b'K' => Some(Self::LongLink),
            b'x' => Some(Self::Pax),
            b'g' => Some(Self::PaxGlobal),
            _ => None,
        }
    }
}

/// The values that the extension headers before an entry state for it.
#[derive(Default)]
pub(crate) struct Overrides {
    pub(crate) name: Option<String>,
    pub(crate) link: Option<String>,
    pub(crate) size: Option<u64>,
    pub(crate) sparse: PaxSparse,
    /// The kinds of the extension headers before the entry.
    kinds: Vec<ExtensionKind>,
}

impl Overrides {
    /// Returns `true` if there was no extension header before the entry.
    pub(crate) fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// Registers a header. Two headers of the same kind before one entry are refused, because
    /// readers disagree on which one applies.
    pub(crate) fn begin(&mut self, kind: ExtensionKind) -> Result<(), &'static str> {
        if kind != ExtensionKind::PaxGlobal {
            if self.kinds.contains(&kind) {
                return Err("the entry has two extension headers of the same kind");
            }
            self.kinds.push(kind);
        }
        Ok(())
    }

    /// Applies the content of a header.
    pub(crate) fn apply(
        &mut self,
        kind: ExtensionKind,
        content: &[u8],
    ) -> Result<(), &'static str> {
        match kind {
            ExtensionKind::LongName => set_once(&mut self.name, long_name(content)?),
            ExtensionKind::LongLink => set_once(&mut self.link, long_name(content)?),
            ExtensionKind::Pax => {
                let pax = read_pax(content)?;
                self.size = pax.size;
                self.sparse = pax.sparse;
                pax.name.map_or(Ok(()), |name| set_once(&mut self.name, name))?;
                pax.link.map_or(Ok(()), |link| set_once(&mut self.link, link))
            }
            ExtensionKind::PaxGlobal => match read_pax(content)? {
                Pax { name: None, link: None, size: None, sparse }
                    if sparse == PaxSparse::default() =>
                {
                    Ok(())
                }
                _ => Err("a global header changes the name or the size of entries"),
            },
        }
    }
}

/// Sets a name. Returns an error if another extension header has stated a different one.
fn set_once(name: &mut Option<String>, text: String) -> Result<(), &'static str> {
    match name {
        Some(other) if *other != text => Err("two extension headers state different names"),
        _ => {
            *name = Some(text);
            Ok(())
        }
    }
}

/// Reads a long name in GNU's form.
fn long_name(content: &[u8]) -> Result<String, &'static str> {
    match until_nul(content) {
        // Some readers ignore an empty name and use the one in the entry's main header.
        [] => Err("its name is empty"),
        name => Ok(text(name)),
    }
}
