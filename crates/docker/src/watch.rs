//! Waiting for an engine that may be silent, as long as it answers pings.

use std::pin::pin;

use crate::Failure;
use crate::transport::Transport;

impl Transport {
    /// Waits for as long as it takes, while the engine answers a ping on the side now and then.
    pub(crate) async fn while_alive<T>(
        &self,
        call: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let mut call = pin!(call);
        loop {
            let ping = async {
                tokio::time::sleep(self.timeouts.ping_every).await;
                self.within(self.timeouts.idle, self.ping()).await
            };
            tokio::select! {
                biased;
                result = &mut call => return result,
                pong = ping => {
                    pong.map_err(|failure| Failure::Silent { source: Box::new(failure) })?;
                }
            }
        }
    }
}
