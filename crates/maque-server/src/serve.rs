//! The accept loop, with a deadline for each phase of a connection (`axum::serve` has none).

use crate::access::{Ends, Reception};
use crate::generations::Generations;
use crate::limits::{
    HEAD_DEADLINE, LAST_WORDS, MAX_CONNECTIONS, MAX_HEAD, MAX_HEADERS, WRITE_DEADLINE,
};
use crate::routes::routes;
use crate::visitors::{Visit, Visitors};
use crate::{Models, RequestLog, Stage};
use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use maque_library::Library;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_io_timeout::TimeoutStream;

/// Who may ask.
#[derive(Clone)]
pub struct ServerOptions {
    /// Knows who may come in.
    pub reception: Arc<Reception>,
    /// The folders of documents; `None` where their files cannot be opened.
    pub library: Option<Library>,
    /// Whether requests are logged.
    pub log: RequestLog,
    /// The models on disk.
    pub models: Arc<dyn Models>,
    /// Where others on the network reach this server.
    pub urls: Vec<String>,
}

/// Serves on `listeners` until `shutdown` is done, then lets answers end for a bounded time. The page is there
/// from the beginning; requests for the model wait for [`Stage::Ready`] with 503.
pub async fn serve(
    listeners: Vec<TcpListener>,
    options: ServerOptions,
    stages: watch::Receiver<Stage>,
    shutdown: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let generations = Arc::new(Generations::default());
    let house = House {
        router: routes(&options, Arc::clone(&generations), stages),
        room: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
        visitors: Arc::new(Visitors::default()),
    };
    let graceful = Arc::new(GracefulShutdown::new());
    let mut loops = tokio::task::JoinSet::new();
    for listener in listeners {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loops.spawn(accept(listener, house.clone(), Arc::clone(&graceful)));
    }
    shutdown.await;
    loops.shutdown().await;
    let farewell = async {
        generations.end().await;
        if let Some(graceful) = Arc::into_inner(graceful) {
            graceful.shutdown().await;
        }
    };
    let _ = tokio::time::timeout(LAST_WORDS, farewell).await;
    Ok(())
}

/// What all connections share.
#[derive(Clone)]
struct House {
    router: Router,
    room: Arc<Semaphore>,
    visitors: Arc<Visitors>,
}

async fn accept(listener: tokio::net::TcpListener, house: House, graceful: Arc<GracefulShutdown>) {
    loop {
        let Ok(permit) = Arc::clone(&house.room).acquire_owned().await else {
            return; // never closed
        };
        let Ok((stream, peer)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await; // out of file descriptors: some will come back
            continue;
        };
        let (Ok(local), Some(visit)) = (stream.local_addr(), house.visitors.enter(peer.ip()))
        else {
            continue; // closed already, or one of too many from its address
        };
        let service = TowerToHyperService::new(house.router.clone());
        let ends = Ends { local, peer };
        tokio::spawn(attend(
            stream,
            ends,
            service,
            graceful.watcher(),
            (permit, visit),
        ));
    }
}

/// Serves one connection to its end, and gives its place back.
async fn attend(
    stream: TcpStream,
    ends: Ends,
    service: TowerToHyperService<Router>,
    watcher: Watcher,
    _place: (OwnedSemaphorePermit, Visit),
) {
    let _ = stream.set_nodelay(true);
    if !has_begun(&stream).await {
        return;
    }
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_DEADLINE));
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ends);
        service.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_DEADLINE)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(Box::pin(stream)), service);
    let _ = watcher.watch(connection).await; // a client that goes away is no error
}

/// Whether the first byte came in time.
async fn has_begun(stream: &TcpStream) -> bool {
    let readable = tokio::time::timeout(HEAD_DEADLINE, stream.readable()).await;
    matches!(readable, Ok(Ok(())))
}
