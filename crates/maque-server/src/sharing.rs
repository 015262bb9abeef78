//! Whether others on the network reach this server, and the switch for it.

use crate::error::ApiError;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// How long closing is waited for.
const CLOSING: Duration = Duration::from_secs(1);

/// The network that this machine is in: what the binary hands in.
pub trait Network: Send + Sync {
    /// Listens on this machine's addresses there, on the server's own port; or says why it cannot.
    fn listen(&self) -> Result<Vec<TcpListener>, String>;
}

/// The sockets that a server begins with.
pub struct Listeners {
    /// Those that stay as long as the server.
    pub own: Vec<TcpListener>,
    /// Those by which it is shared until the switch says otherwise.
    pub shared: Vec<TcpListener>,
}

/// A socket, and for how long its connections are served: until `until` tells something, or its other end is gone.
pub(crate) struct Entrance {
    pub(crate) listener: tokio::net::TcpListener,
    pub(crate) until: watch::Receiver<()>,
}

impl Entrance {
    pub(crate) fn new(
        listener: TcpListener,
        until: watch::Receiver<()>,
    ) -> std::io::Result<Entrance> {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        Ok(Entrance { listener, until })
    }
}

/// The switch.
pub(crate) struct Sharing {
    network: Arc<dyn Network>,
    /// Where the server is reached whatever the switch says.
    own: Vec<String>,
    open: Mutex<Option<Open>>,
    entrances: mpsc::UnboundedSender<Entrance>,
}

/// Being shared; dropping it ends that, connections included.
struct Open {
    urls: Vec<String>,
    until: watch::Sender<()>,
}

impl Sharing {
    /// A switch that is off, and where entrances come out when it is put on.
    pub(crate) fn new(
        network: Arc<dyn Network>,
        own: Vec<String>,
    ) -> (Sharing, mpsc::UnboundedReceiver<Entrance>) {
        let (entrances, opened) = mpsc::unbounded_channel();
        let sharing = Sharing {
            network,
            own,
            open: Mutex::default(),
            entrances,
        };
        (sharing, opened)
    }

    /// Where others reach the server; nowhere if it is not shared.
    pub(crate) fn urls(&self) -> Vec<String> {
        let open = self.lock();
        let open = open.iter().flat_map(|open| &open.urls);
        self.own.iter().chain(open).cloned().collect()
    }

    /// Puts the switch on.
    pub(crate) fn begin(&self) -> Result<(), ApiError> {
        let mut open = self.lock();
        if open.is_none() && self.own.is_empty() {
            let listeners = self.network.listen();
            let listeners = listeners.map_err(|why| ApiError::conflict(&why))?;
            let opened = self.open(listeners);
            *open = Some(opened.map_err(|error| ApiError::conflict(&error.to_string()))?);
        }
        Ok(())
    }

    /// Shared on sockets that are there.
    pub(crate) fn begin_with(&self, listeners: Vec<TcpListener>) -> std::io::Result<()> {
        *self.lock() = Some(self.open(listeners)?);
        Ok(())
    }

    /// Puts the switch off, and ends the connections that came in by it; then nobody listens there any more.
    pub(crate) async fn end(&self) -> Result<(), ApiError> {
        if !self.own.is_empty() {
            let message =
                "this server was told by --host where to listen; start it without to have a switch";
            return Err(ApiError::conflict(message));
        }
        let open = self.lock().take();
        if let Some(Open { until, .. }) = open {
            until.send_replace(());
            let _ = tokio::time::timeout(CLOSING, until.closed()).await;
        }
        Ok(())
    }

    fn open(&self, listeners: Vec<TcpListener>) -> std::io::Result<Open> {
        let (sender, until) = watch::channel(());
        let mut urls = Vec::new();
        for listener in listeners {
            urls.push(format!("http://{}", listener.local_addr()?));
            let entrance = Entrance::new(listener, until.clone())?;
            let _ = self.entrances.send(entrance); // a server that is ending takes none
        }
        Ok(Open {
            urls,
            until: sender,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
