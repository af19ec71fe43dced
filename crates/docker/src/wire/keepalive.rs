//! Waits for a silent engine while it answers pings.

use std::pin::pin;

use crate::failure::Failure;
use crate::wire::flow::Flow;
use crate::wire::transport::Transport;

impl Transport {
    /// Waits for a call without a time limit, while the engine answers pings.
    pub(crate) async fn while_alive<T>(
        &self,
        call: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        self.while_flowing(&Flow::default(), call).await
    }

    /// Waits like [`while_alive`](Self::while_alive) for a call that sends data. If the engine
    /// answers pings but stops reading, this is an error after the time limit for silence.
    pub(crate) async fn while_flowing<T>(
        &self,
        flow: &Flow,
        call: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let limit = self.timeouts.idle;
        let mut call = pin!(call);
        loop {
            let ping = async {
                tokio::time::sleep(self.timeouts.ping_every).await;
                self.within(limit, self.ping()).await
            };
            tokio::select! {
                biased;
                result = &mut call => return result,
                pong = ping => {
                    pong.map_err(|failure| Failure::Silent { source: Box::new(failure) })?;
                }
            }
            if let Some(after) = flow.stuck_after(limit) {
                return Err(Failure::Stuck { limit, after });
            }
        }
    }
}
