//! What every workflow needs besides its work.

use std::sync::Arc;

use crate::{Cancel, Error, Event, Reporter, Silent, Work};

/// Whom to tell, and whom to obey.
#[derive(Clone)]
pub struct Context {
    reporter: Arc<dyn Reporter>,
    cancel: Cancel,
}

impl Context {
    /// Joins a reporter and a wish to stop.
    pub fn new(reporter: Arc<dyn Reporter>, cancel: Cancel) -> Self {
        Self { reporter, cancel }
    }

    pub(crate) fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    pub(crate) fn report(&self, event: Event) {
        self.reporter.report(event);
    }

    pub(crate) fn start(&self, image: &str, work: Work, bytes: Option<u64>) {
        self.report(Event::Started { image: image.to_owned(), work, bytes });
    }

    pub(crate) fn progress(&self, image: &str, bytes: u64) {
        self.report(Event::Progress { image: image.to_owned(), bytes });
    }

    pub(crate) fn finish(&self, image: &str) {
        self.report(Event::Finished { image: image.to_owned() });
    }

    /// Waits for an engine's answer, unless somebody asks to stop before it comes.
    pub(crate) async fn wait_for<T>(
        &self,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        tokio::select! {
            answer = answer => answer,
            () = self.cancel.cancelled() => Err(Error::Interrupted),
        }
    }

    /// Runs work that blocks on a thread of its own. When the future is dropped, the work is asked to stop: the context
    /// that it gets is cancelled then.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let cancel = self.cancel.child();
        let _guard = cancel.on_drop();
        let context = Self { reporter: Arc::clone(&self.reporter), cancel };
        let run = move || match context.cancel.is_cancelled() {
            // It waited for a thread until then.
            true => Err(Error::Interrupted),
            false => work(&context),
        };
        match tokio::task::spawn_blocking(run).await {
            Ok(result) => result,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(Error::Interrupted),
            },
        }
    }
}

impl Default for Context {
    fn default() -> Self {
        Self::new(Arc::new(Silent), Cancel::new())
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").field("cancel", &self.cancel).finish_non_exhaustive()
    }
}
