//! The results of a load.

use std::fmt;

use sealift_docker::Engine;
use serde::{Serialize, Serializer};

use crate::error::Error;
use crate::load::loaded_image::LoadedImage;
use crate::outcome::Outcome;

/// The result of a load for one engine and one archive.
///
/// It serializes as `{host, context, …}` with the fields of the [`LoadedImage`], or with `asked`
/// and `error`. `host` is null if the error does not concern an engine, and `context` is null if no
/// context was used. `asked` is missing if the engine did not answer.
#[derive(Debug)]
#[non_exhaustive]
pub struct EngineLoad {
    /// The engine, or `None` if the error does not concern one, such as an image that is not in the
    /// folder.
    pub engine: Option<EngineName>,
    /// The selection: `image:tag`, or the path of an archive. `None` if the engine did not answer
    /// and no further archives are sent to it.
    pub asked: Option<String>,
    /// The outcome for this engine and archive.
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
            host: Option<&'a String>,
            context: Option<&'a String>,
            #[serde(flatten)]
            outcome: Outcome<'a, LoadedImage>,
        }
        let outcome = Outcome::of(self.asked.as_deref(), &self.result);
        let host = self.engine.as_ref().map(|engine| &engine.host);
        let context = self.engine.as_ref().and_then(|engine| engine.context.as_ref());
        OnEngine { host, context, outcome }.serialize(serializer)
    }
}

/// The engine of a result. Displayed as the docker CLI's context if the caller used one, otherwise
/// as the address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct EngineName {
    /// The engine's address.
    pub host: String,
    /// The docker CLI's context with this address, if one was used.
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_failure_is_an_object_with_the_engine_if_one_is_concerned() {
        let name = |context: Option<&str>| EngineName {
            host: "tcp://10.0.0.1:2376".to_owned(),
            context: context.map(str::to_owned),
        };
        assert_eq!(name(None).to_string(), "tcp://10.0.0.1:2376");
        assert_eq!(name(Some("edge")).to_string(), "edge");
        let error = json!(Error::Interrupted);
        let (web, interrupted) = (Some("web:1".to_owned()), || Err(Error::Interrupted));
        assert_eq!(
            json!(EngineLoad::new(None, web.clone(), interrupted())),
            json!({ "host": null, "context": null, "asked": "web:1", "error": error })
        );
        assert_eq!(
            json!(EngineLoad::new(Some(name(Some("edge"))), None, interrupted())),
            json!({ "host": "tcp://10.0.0.1:2376", "context": "edge", "error": error })
        );
    }
}
