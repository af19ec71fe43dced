//! What came of a load into several engines.

use std::fmt;

use sealift_docker::Engine;
use serde::{Serialize, Serializer};

use crate::error::Error;
use crate::load::report::LoadedImage;

/// The result of a load for one engine and one archive.
///
/// It serialises as `{host, context, …}` with the fields of the [`LoadedImage`], or with `asked` and
/// `error`. What does not apply is left out.
#[derive(Debug)]
#[non_exhaustive]
pub struct EngineLoad {
    /// The engine, or `None` if the reason for the failure concerns none, such as an image that is
    /// not in the folder.
    pub engine: Option<EngineName>,
    /// What was asked for: `image:tag`, or the path of an archive. `None` if the engine did not
    /// answer, and got nothing more.
    pub asked: Option<String>,
    /// What became of it.
    pub result: Result<LoadedImage, Error>,
}

impl EngineLoad {
    pub(crate) fn new(
        engine: Option<EngineName>,
        asked: Option<String>,
        result: Result<LoadedImage, Error>,
    ) -> Self {
        Self { engine, asked, result }
    }
}

impl Serialize for EngineLoad {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct OnEngine<'a> {
            #[serde(flatten)]
            engine: Option<&'a EngineName>,
            #[serde(flatten)]
            outcome: Outcome<'a>,
        }
        #[derive(Serialize)]
        #[serde(untagged)]
        enum Outcome<'a> {
            Image(&'a LoadedImage),
            Failed {
                #[serde(skip_serializing_if = "Option::is_none")]
                asked: Option<&'a String>,
                error: &'a Error,
            },
        }
        let outcome = match &self.result {
            Ok(image) => Outcome::Image(image),
            Err(error) => Outcome::Failed { asked: self.asked.as_ref(), error },
        };
        OnEngine { engine: self.engine.as_ref(), outcome }.serialize(serializer)
    }
}

/// The engine of a result. As text, it is the docker CLI's context that the caller named, or else
/// the address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct EngineName {
    /// The engine's address.
    pub host: String,
    /// The context of the docker CLI that has the address, if one was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
}

impl EngineName {
    /// Returns the name of an engine.
    pub fn of(engine: &Engine) -> Self {
        let endpoint = engine.endpoint();
        let context = endpoint.context.as_ref().map(|context| context.value.clone());
        Self { host: endpoint.to_string(), context }
    }
}

impl fmt::Display for EngineName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.context.as_ref().unwrap_or(&self.host))
    }
}
