//! A run of a workflow: its reporter, its cancel flag, and its activities.

use std::collections::HashSet;
use std::fmt;
#[cfg(feature = "remote")]
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use crate::cancel::Cancel;
use crate::error::Error;
use crate::event::{Event, Reporter, Silent, Work};

/// A reporter that receives events, and a flag that cancels the work.
///
/// Every workflow function takes a run. Clones share the reporter and the flag. One run can be used
/// for any number of calls, in sequence or at the same time.
///
/// ```
/// use std::sync::Arc;
/// use sealift_workflow::{Cancel, Run, Silent};
///
/// let cancel = Cancel::new();
/// let run = Run::new(Arc::new(Silent), cancel.clone());
/// // Pass `&run` to workflows; `cancel.cancel()` stops them.
/// # drop(run);
/// ```
#[derive(Clone)]
pub struct Run {
    reporter: Arc<dyn Reporter>,
    cancel: Cancel,
}

impl Run {
    /// Creates a run that reports to `reporter` and stops when `cancel` is set.
    pub fn new(reporter: Arc<dyn Reporter>, cancel: Cancel) -> Self {
        Self { reporter, cancel }
    }

    pub(crate) fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    pub(crate) fn report(&self, event: Event) {
        self.reporter.report(event);
    }

    /// Returns a run for one of several engines. Its events contain the engine's name.
    #[cfg(feature = "engine")]
    pub(crate) fn on_engine(&self, engine: &str) -> Self {
        let (engine, reporter) = (engine.to_owned(), Arc::clone(&self.reporter));
        let report = move |event| {
            reporter.report(Event::OnEngine { engine: engine.clone(), event: Box::new(event) });
        };
        Self { reporter: Arc::new(report), cancel: self.cancel.clone() }
    }

    /// Reports that work on an image begins. The end is reported when the returned [`Activity`] is
    /// dropped.
    pub(crate) fn activity(
        &self,
        image: impl Into<String>,
        work: Work,
        bytes: Option<u64>,
    ) -> Activity {
        let image = image.into();
        self.report(Event::Started { image: image.clone(), work, bytes });
        Activity { image, reporter: Arc::clone(&self.reporter) }
    }

    /// Reports that images wait for their turn. The end of each wait is reported by
    /// [`Waiting::end`], and for the others when the returned [`Waiting`] is dropped.
    pub(crate) fn waiting(&self, images: impl IntoIterator<Item = String>) -> Waiting {
        let images = images.into_iter();
        let images = images.inspect(|image| self.report(Event::Waiting { image: image.clone() }));
        Waiting { images: Mutex::new(images.collect()), reporter: Arc::clone(&self.reporter) }
    }

    /// Returns an error if the run was cancelled.
    pub(crate) fn check_cancelled(&self) -> Result<(), Error> {
        match self.cancel.is_cancelled() {
            true => Err(Error::Interrupted),
            false => Ok(()),
        }
    }

    /// Returns `Break` if the run was cancelled, for functions that report progress to a callback.
    #[cfg(feature = "remote")]
    pub(crate) fn go_on(&self) -> ControlFlow<()> {
        self.check_cancelled().map_or(ControlFlow::Break(()), ControlFlow::Continue)
    }

    /// Waits for a future, or returns an error as soon as the run is cancelled.
    #[cfg(any(feature = "engine", feature = "remote"))]
    pub(crate) async fn wait_for<T>(
        &self,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        tokio::select! {
            answer = answer => answer,
            () = self.cancel.cancelled() => Err(Error::Interrupted),
        }
    }

    /// Runs blocking work on a blocking thread. If the future is dropped, the run that the work
    /// received is cancelled.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let cancel = self.cancel.child();
        let _guard = cancel.on_drop();
        let run = Self { reporter: Arc::clone(&self.reporter), cancel };
        // The run may have been cancelled while the work waited for a free thread.
        let work = move || run.check_cancelled().and_then(|()| work(&run));
        match tokio::task::spawn_blocking(work).await {
            Ok(result) => result,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(Error::Interrupted),
            },
        }
    }
}

impl Default for Run {
    fn default() -> Self {
        Self::new(Arc::new(Silent), Cancel::new())
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("cancel", &self.cancel).finish_non_exhaustive()
    }
}

/// An activity that was reported as started. Its end is reported when it is dropped, so every start
/// has an end.
#[must_use = "the work is reported as finished when this is dropped"]
pub(crate) struct Activity {
    image: String,
    reporter: Arc<dyn Reporter>,
}

impl Activity {
    /// Reports the number of bytes processed since the last report.
    pub(crate) fn progress(&self, bytes: u64) {
        if bytes > 0 {
            self.reporter.report(Event::Progress { image: self.image.clone(), bytes });
        }
    }
}

impl Drop for Activity {
    fn drop(&mut self) {
        self.reporter.report(Event::Finished { image: std::mem::take(&mut self.image) });
    }
}

/// Images that have been reported as waiting. Each wait is reported as ended once.
#[must_use = "nothing waits any longer when this is dropped"]
pub(crate) struct Waiting {
    images: Mutex<HashSet<String>>,
    reporter: Arc<dyn Reporter>,
}

impl Waiting {
    /// Reports that an image does not wait any longer.
    pub(crate) fn end(&self, image: &str) {
        let mut images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = images.take(image);
        drop(images);
        if let Some(image) = ended {
            self.reporter.report(Event::WaitEnded { image });
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let images = self.images.get_mut().unwrap_or_else(PoisonError::into_inner);
        for image in images.drain() {
            self.reporter.report(Event::WaitEnded { image });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Events(Mutex<Vec<Event>>);

    impl Reporter for Events {
        fn report(&self, event: Event) {
            self.0.lock().unwrap().push(event);
        }
    }

    #[test]
    fn the_end_of_an_activity_is_reported_once_even_after_an_error() {
        let events = Arc::new(Events::default());
        let run = Run::new(events.clone(), Cancel::new());
        let broken = || -> Result<(), Error> {
            let activity = run.activity("web:1", Work::Saving, None);
            activity.progress(7);
            Err(Error::Interrupted)
        };
        broken().unwrap_err();
        let image = || "web:1".to_owned();
        assert_eq!(
            *events.0.lock().unwrap(),
            [
                Event::Started { image: image(), work: Work::Saving, bytes: None },
                Event::Progress { image: image(), bytes: 7 },
                Event::Finished { image: image() },
            ]
        );
    }

    #[test]
    fn every_wait_ends_once() {
        let events = Arc::new(Events::default());
        let run = Run::new(events.clone(), Cancel::new());
        let waiting = run.waiting(["web:1".to_owned(), "web:2".to_owned()]);
        waiting.end("web:1");
        waiting.end("web:1");
        drop(waiting);
        let (one, two) = (|| "web:1".to_owned(), || "web:2".to_owned());
        assert_eq!(
            *events.0.lock().unwrap(),
            [
                Event::Waiting { image: one() },
                Event::Waiting { image: two() },
                Event::WaitEnded { image: one() },
                Event::WaitEnded { image: two() },
            ]
        );
    }
}
