//! Extension headers of a tar: what stands before an entry and describes it.

use crate::verify::pax::{Pax, PaxSparse, read_pax};
use crate::verify::tar_header::{text, until_nul};

/// The kind of an extension header.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExtensionKind {
    LongName,
    LongLink,
    Pax,
    /// Defaults for all later entries. Some readers obey them, Go's does not: those that matter are
    /// refused.
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

/// What the extension headers before an entry state about it.
#[derive(Default)]
pub(crate) struct Overrides {
    pub(crate) name: Option<String>,
    pub(crate) link: Option<String>,
    pub(crate) size: Option<u64>,
    pub(crate) sparse: PaxSparse,
    /// The kinds of header that stood before the entry.
    kinds: Vec<ExtensionKind>,
}

impl Overrides {
    /// Returns `true` if no extension header stood before the entry.
    pub(crate) fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// Takes note of a header. Two of a kind before one entry are refused, as readers differ in
    /// them.
    pub(crate) fn begin(&mut self, kind: ExtensionKind) -> Result<(), &'static str> {
        if kind != ExtensionKind::PaxGlobal {
            if self.kinds.contains(&kind) {
                return Err("another extension header of its kind stands before it");
            }
            self.kinds.push(kind);
        }
        Ok(())
    }

    /// Takes the content of a header.
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
                _ => Err("a header for all later entries names one of them"),
            },
        }
    }
}

/// Sets a name, unless another extension header has stated another one.
fn set_once(name: &mut Option<String>, text: String) -> Result<(), &'static str> {
    match name {
        Some(other) if *other != text => Err("two extension headers name it differently"),
        _ => {
            *name = Some(text);
            Ok(())
        }
    }
}

/// Reads a name of GNU's form.
fn long_name(content: &[u8]) -> Result<String, &'static str> {
    match until_nul(content) {
        // Some readers take the name in the entry's own header then.
        [] => Err("its name is empty"),
        name => Ok(text(name)),
    }
}
