//! The value of a setting, and its source.

use std::fmt;
use std::path::PathBuf;

/// The source of a setting's value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SettingSource {
    /// An option of the caller, by its name.
    Flag(&'static str),
    /// An environment variable, by its name.
    Variable(&'static str),
    /// The config file of the docker CLI, by its path.
    ConfigFile(PathBuf),
    /// A context of the docker CLI, by its name.
    Context(String),
    /// docker-machine's description of a machine, by its name.
    Machine(String),
    /// The first of the usual sockets that exists, because nothing is set.
    FirstSocket,
    /// The default, because nothing is set and no usual socket exists.
    Default,
}

/// The value of a setting, and its source. As JSON it is `{"value": …, "source": "…"}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
#[non_exhaustive]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// The source of the value.
    pub source: SettingSource,
}

impl<T> Setting<T> {
    pub(crate) fn new(value: impl Into<T>, source: SettingSource) -> Self {
        Self { value: value.into(), source }
    }
}

impl serde::Serialize for SettingSource {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for SettingSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) | Self::Variable(name) => f.write_str(name),
            Self::ConfigFile(path) => path.display().fmt(f),
            Self::Context(name) => write!(f, "the context `{name}`"),
            Self::Machine(name) => write!(f, "docker-machine's `{name}`"),
            Self::FirstSocket => f.write_str("the first socket that exists"),
            Self::Default => f.write_str("the default"),
        }
    }
}
