//! Plain HTTP to a server on this machine.

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Method, Request, Response, header};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;

/// How long a living server may take to accept, and to answer `/health`.
const PATIENCE: Duration = Duration::from_secs(2);
/// Answers that are no stream are small.
const MAX_ANSWER: usize = 4 << 20;

/// The running server, one connection a request.
#[derive(Clone)] // no Debug: it holds a key
pub(crate) struct Client {
    address: SocketAddr,
    key: Option<String>,
}

impl Client {
    /// Speaks to `address`, with a key if the server wants one.
    pub(crate) fn new(address: SocketAddr, key: Option<String>) -> Client {
        Client { address, key }
    }

    /// A GET's status and body; an error when nobody answers in time.
    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<(u16, Bytes)> {
        let answer = async {
            let response = self.send(Method::GET, path, Bytes::new()).await?;
            let status = response.status().as_u16();
            Ok((status, whole(response.into_body()).await?))
        };
        tokio::time::timeout(PATIENCE, answer).await?
    }

    /// A POST of JSON; the answer's body can be read as it comes. Dropping it closes the connection.
    pub(crate) async fn post(
        &self,
        path: &str,
        body: &serde_json::Value,
    ) -> anyhow::Result<Response<Incoming>> {
        self.send(Method::POST, path, Bytes::from(serde_json::to_vec(body)?))
            .await
    }

    /// A DELETE's status and body.
    pub(crate) async fn delete(&self, path: &str) -> anyhow::Result<(u16, Bytes)> {
        let response = self.send(Method::DELETE, path, Bytes::new()).await?;
        let status = response.status().as_u16();
        Ok((status, whole(response.into_body()).await?))
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> anyhow::Result<Response<Incoming>> {
        let stream = tokio::time::timeout(PATIENCE, TcpStream::connect(self.address)).await??;
        stream.set_nodelay(true)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.address.to_string());
        if !body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        if let Some(key) = &self.key {
            request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
        }
        Ok(sender.send_request(request.body(Full::new(body))?).await?)
    }
}

/// A body of bounded size.
pub(crate) async fn whole(body: Incoming) -> anyhow::Result<Bytes> {
    let body = http_body_util::Limited::new(body, MAX_ANSWER)
        .collect()
        .await;
    Ok(body.map_err(anyhow::Error::from_boxed)?.to_bytes())
}
