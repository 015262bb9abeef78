//! The accept loop, with a deadline for each phase of a connection (`axum::serve` has none).

use crate::access::{Ends, Reception};
use crate::batches::Batches;
use crate::generations::Generations;
use crate::limits::{
    HEAD_DEADLINE, LAST_WORDS, MAX_CONNECTIONS, MAX_HEAD, MAX_HEADERS, WRITE_DEADLINE,
};
use crate::routes::routes;
use crate::sharing::{Entrance, Listeners, Network, Sharing};
use crate::visitors::Visitors;
use crate::{Models, RequestLog, Stage, Upstream};
use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use maque_library::Library;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_io_timeout::TimeoutStream;

/// What a server has beside the model.
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
    /// The network that it can be shared with.
    pub network: Arc<dyn Network>,
    /// A larger model elsewhere, for requests that name it.
    pub upstream: Option<Upstream>,
    /// Where others on the network reach this server by its own listeners.
    pub urls: Vec<String>,
}

/// Serves on `listeners` until `shutdown` is done, then lets answers end for a bounded time. The page is there
/// from the beginning; requests for the model wait for [`Stage::Ready`] with 503.
pub async fn serve(
    listeners: Listeners,
    options: ServerOptions,
    stages: watch::Receiver<Stage>,
    shutdown: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let generations = Arc::new(Generations::default());
    let batches = Arc::new(Batches::default());
    let (sharing, mut entrances) = Sharing::new(Arc::clone(&options.network), options.urls.clone());
    let sharing = Arc::new(sharing);
    let house = House {
        router: routes(
            &options,
            &sharing,
            &batches,
            Arc::clone(&generations),
            stages.clone(),
        ),
        room: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
        visitors: Arc::new(Visitors::default()),
    };
    let graceful = Arc::new(GracefulShutdown::new());
    let mut loops = tokio::task::JoinSet::new();
    if let Ok(store) = options.reception.store() {
        let store = store.clone();
        loops.spawn(async move { batches.run(store, stages).await });
    }
    let (_always, until) = watch::channel(());
    for listener in listeners.own {
        let entrance = Entrance::new(listener, until.clone())?;
        loops.spawn(accept(entrance, house.clone(), Arc::clone(&graceful)));
    }
    if !listeners.shared.is_empty() {
        sharing.begin_with(listeners.shared)?;
    }
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some(entrance) = entrances.recv() => {
                loops.spawn(accept(entrance, house.clone(), Arc::clone(&graceful)));
            }
            Some(_) = loops.join_next() => {} // an entrance that was closed
        }
    }
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

/// Takes connections in at an entrance until it is closed.
async fn accept(entrance: Entrance, house: House, graceful: Arc<GracefulShutdown>) {
    let Entrance { listener, until } = entrance;
    let mut closed = until.clone();
    tokio::select! {
        () = accept_all(&listener, &until, &house, &graceful) => {}
        _ = closed.changed() => {}
    }
    drop(listener); // before `until`: whoever waits for its end finds nobody listening
}

async fn accept_all(
    listener: &TcpListener,
    until: &watch::Receiver<()>,
    house: &House,
    graceful: &GracefulShutdown,
) {
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
        let (mut closed, watcher) = (until.clone(), graceful.watcher());
        tokio::spawn(async move {
            let _place = (permit, visit);
            tokio::select! {
                () = attend(stream, ends, service, watcher) => {}
                _ = closed.changed() => {}
            }
        });
    }
}

/// Serves one connection to its end.
async fn attend(
    stream: TcpStream,
    ends: Ends,
    service: TowerToHyperService<Router>,
    watcher: Watcher,
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

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::routing::{get, post};
    use std::io::Write;
    use tokio::time::Instant;

    /// Sends these bytes and nothing more, reads nothing, and says when the server let go: time passes as soon as nobody has
    /// anything to do.
    async fn let_go_after(bytes: &str) -> Duration {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let address = listener.local_addr().expect("bound");
        let mut client = std::net::TcpStream::connect(address).expect("a connection");
        client.write_all(bytes.as_bytes()).expect("written");
        let (stream, peer) = listener.accept().expect("a connection");
        stream.set_nonblocking(true).expect("a socket");
        let endless = || async { Body::from(vec![0; 64 << 20]) };
        let told = |body: Body| async { crate::body::json(body).await.map(|_| ()) };
        let router = Router::new()
            .route("/endless", get(endless))
            .route("/told", post(told));
        let graceful = GracefulShutdown::new();
        let start = Instant::now();
        attend(
            TcpStream::from_std(stream).expect("a socket"),
            Ends {
                local: address,
                peer,
            },
            TowerToHyperService::new(router),
            graceful.watcher(),
        )
        .await;
        drop(client);
        start.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn who_stands_still_is_let_go_in_time() {
        let body = "POST /told HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{";
        for (bytes, limit) in [
            ("", HEAD_DEADLINE),
            ("GET /endless HT", HEAD_DEADLINE),
            ("GET /endless HTTP/1.1\r\nHost: a\r\n", HEAD_DEADLINE),
            ("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n", WRITE_DEADLINE),
            (body, crate::limits::BODY_GRACE),
        ] {
            let elapsed = let_go_after(bytes).await;
            let late = limit + Duration::from_secs(1);
            assert!((limit..late).contains(&elapsed), "{bytes:?}: {elapsed:?}");
        }
    }
}
