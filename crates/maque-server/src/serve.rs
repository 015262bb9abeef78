//! The accept loop, with a deadline for each phase of a connection (`axum::serve` has none).

use crate::limits::{HEAD_DEADLINE, LAST_WORDS, MAX_CONNECTIONS, MAX_HEAD, MAX_HEADERS};
use crate::routes::routes;
use crate::{RequestLog, Stage, access};
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};

/// Who may ask, and under which names.
#[derive(Clone, Debug, Default)]
pub struct ServerOptions {
    /// Keys of which clients must send one; none are needed if empty.
    pub api_keys: Vec<String>,
    /// Whether requests are logged.
    pub log: RequestLog,
}

/// Serves on `listeners` until `shutdown` is done, then lets answers end for a bounded time. The page is there
/// from the beginning; requests for the model wait for [`Stage::Ready`] with 503.
pub async fn serve(
    listeners: Vec<TcpListener>,
    options: ServerOptions,
    stages: watch::Receiver<Stage>,
    shutdown: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let router = routes(&options, stages);
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let graceful = Arc::new(GracefulShutdown::new());
    let mut loops = tokio::task::JoinSet::new();
    for listener in listeners {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loops.spawn(accept(
            listener,
            router.clone(),
            Arc::clone(&room),
            Arc::clone(&graceful),
        ));
    }
    shutdown.await;
    loops.shutdown().await;
    if let Some(graceful) = Arc::into_inner(graceful) {
        let _ = tokio::time::timeout(LAST_WORDS, graceful.shutdown()).await;
    }
    Ok(())
}

async fn accept(
    listener: tokio::net::TcpListener,
    router: Router,
    room: Arc<Semaphore>,
    graceful: Arc<GracefulShutdown>,
) {
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else {
            return; // never closed
        };
        let Ok((stream, peer)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await; // out of file descriptors: some will come back
            continue;
        };
        let router = router.clone();
        let watcher = graceful.watcher();
        tokio::spawn(async move {
            let _permit = permit;
            let Ok(local) = stream.local_addr() else {
                return; // closed already
            };
            let _ = stream.set_nodelay(true);
            if has_begun(&stream).await {
                let connection = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(HEAD_DEADLINE)
                    .max_buf_size(MAX_HEAD)
                    .max_headers(MAX_HEADERS)
                    .serve_connection(
                        TokioIo::new(stream),
                        TowerToHyperService::new(with(local, peer, router)),
                    );
                let _ = watcher.watch(connection).await; // a client that goes away is no error
            }
        });
    }
}

/// Whether the first byte came in time.
async fn has_begun(stream: &TcpStream) -> bool {
    let readable = tokio::time::timeout(HEAD_DEADLINE, stream.readable()).await;
    matches!(readable, Ok(Ok(())))
}

/// The routes, knowing the addresses that a request came in on and came from.
fn with(local: SocketAddr, peer: SocketAddr, router: Router) -> Router {
    let router = router.layer(axum::Extension(access::Local(local)));
    router.layer(axum::Extension(access::Peer(peer)))
}
