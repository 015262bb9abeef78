//! A larger model elsewhere, behind any OpenAI-compatible address: asked only where a request names it, by who may.

mod address;
mod relay;

pub use address::UpstreamError;

use crate::error::ApiError;
use crate::fields::Fields;
use crate::identity::Role;
use crate::limits::{MAX_UPSTREAM_ANSWER, UPSTREAM_SILENCE};
use address::Address;
use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT};
use hyper::{Request, StatusCode};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use relay::Relay;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The name under which requests ask for it.
pub const UPSTREAM: &str = "upstream";
/// Bytes of its sentence about a refusal that are passed on.
const MAX_SENTENCE: usize = 300;

/// Fields that are its business too; others would be unknown to it, or mean something else.
const PASSED: [&str; 13] = [
    "messages",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "stop",
    "seed",
    "n",
    "presence_penalty",
    "frequency_penalty",
    "response_format",
    "tools",
    "tool_choice",
];

/// Where it is, and who may use it.
pub struct UpstreamOptions {
    /// The API's address, as `https://host/v1`.
    pub url: String,
    /// The model's name there.
    pub model: String,
    /// A key, if it wants one.
    pub key: Option<String>,
    /// Whether others than administrators may use it.
    pub guests: bool,
}

/// The larger model; clones share it.
#[derive(Clone)]
pub struct Upstream(Arc<Inner>);

struct Inner {
    address: Address,
    model: String,
    key: Option<HeaderValue>,
    guests: bool,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl Upstream {
    /// Checks the address; nothing is sent.
    ///
    /// # Errors
    /// Where the address is none, or would show the key to others on the way.
    pub fn new(options: UpstreamOptions) -> Result<Upstream, UpstreamError> {
        let address = Address::read(&options.url)?;
        let key = match options.key {
            None => None,
            Some(_) if !address.is_private() => return Err(UpstreamError::Plain),
            Some(key) => {
                let value = HeaderValue::from_str(&format!("Bearer {}", key.trim()));
                let mut value = value.map_err(|_| UpstreamError::Key)?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        let connector = HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_http1()
            .build();
        // One connection a request: dropping the answer closes it, and the other side knows that nobody waits.
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .build(connector);
        Ok(Upstream(Arc::new(Inner {
            address,
            model: options.model,
            key,
            guests: options.guests,
            client,
        })))
    }

    /// The host that what is asked goes to.
    pub fn host(&self) -> &str {
        self.0.address.host()
    }

    /// The model's name there.
    pub fn model(&self) -> &str {
        &self.0.model
    }

    /// Whether a person of this role may use it.
    pub(crate) fn admits(&self, role: Role) -> bool {
        self.0.guests || role == Role::Admin
    }

    /// The answer to the body of a `POST /v1/chat/completions`. Dropping the response, or its body, cancels it.
    pub async fn chat(&self, body: Value) -> Response<Body> {
        match self.ask(body).await {
            Ok(response) => response,
            Err(error) => error.into_response(),
        }
    }

    async fn ask(&self, body: Value) -> Result<Response<Body>, ApiError> {
        let Wanted {
            body,
            is_streamed,
            with_usage,
            warnings,
        } = self.wanted(body)?;
        let response = self.send(&body).await?;
        if is_streamed {
            let key = self.0.key.clone();
            return Relay::new(Body::new(response.into_body()), key, with_usage, warnings).begin();
        }
        let mut answer = whole(response.into_body()).await?;
        if answer["choices"].as_array().is_none_or(Vec::is_empty) {
            return Err(ApiError::upstream("its answer is no chat completion"));
        }
        answer["model"] = json!(UPSTREAM);
        if !warnings.is_empty() {
            answer["warnings"] = json!(warnings);
        }
        Ok(axum::Json(answer).into_response())
    }

    /// What is sent for a request's body.
    fn wanted(&self, body: Value) -> Result<Wanted, ApiError> {
        let mut fields = Fields::of(body)?;
        if fields.take_flag("continue_final_message") == Some(true) {
            let must = "is not possible with the upstream model";
            return Err(ApiError::field("continue_final_message", must));
        }
        let mut sent = Map::new();
        for name in PASSED {
            let value = fields.take(name).filter(|value| !value.is_null());
            sent.extend(value.map(|value| (name.to_owned(), value)));
        }
        sent.insert("model".to_owned(), json!(self.0.model));
        let is_streamed = fields.take_flag("stream").unwrap_or(false);
        sent.insert("stream".to_owned(), json!(is_streamed));
        let options = fields.take("stream_options").unwrap_or_default();
        if is_streamed {
            let options = json!({ "include_usage": true });
            sent.insert("stream_options".to_owned(), options);
        }
        fields.take("model");
        let without = |name: &str| format!("{name} has no effect on the upstream model");
        Ok(Wanted {
            body: Value::Object(sent),
            is_streamed,
            with_usage: options["include_usage"] == true,
            warnings: fields.unread().map(without).collect(),
        })
    }

    async fn send(&self, body: &Value) -> Result<hyper::Response<Incoming>, ApiError> {
        let mut request = Request::post(self.0.address.chat())
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("maque/", env!("CARGO_PKG_VERSION")));
        if let Some(key) = &self.0.key {
            request = request.header(AUTHORIZATION, key);
        }
        let request = request
            .body(Full::from(body.to_string()))
            .map_err(|_| ApiError::upstream("its address is none"))?;
        let response = tokio::time::timeout(UPSTREAM_SILENCE, self.0.client.request(request));
        let response = match response.await {
            Ok(Ok(response)) => response,
            Ok(Err(_)) => return Err(ApiError::upstream("it cannot be reached")),
            Err(_) => return Err(ApiError::upstream("it does not answer")),
        };
        match response.status() {
            status if status.is_success() => Ok(response),
            // A redirect is never followed: the key is for one host.
            status if status.is_redirection() => Err(ApiError::upstream(
                "it redirects to another address; set upstream.url to that one if you trust it",
            )),
            status => Err(self.refused(status, response.into_body()).await),
        }
    }

    /// What it says of a refusal, as far as it is a sentence; never the key, should it repeat it.
    async fn refused(&self, status: StatusCode, body: Incoming) -> ApiError {
        let body = whole(body).await.unwrap_or_default();
        let message = body["error"]["message"].as_str().unwrap_or_default();
        let message = sentence(message, self.0.key.as_ref());
        ApiError::upstream(&format!(
            "it refuses with HTTP {}: {message}",
            status.as_u16()
        ))
    }
}

/// What of its message about a refusal is passed on: the beginning, without the key.
fn sentence(message: &str, key: Option<&HeaderValue>) -> String {
    let key = key.and_then(|key| key.to_str().ok()?.strip_prefix("Bearer "));
    let message = match key {
        Some(key) => message.replace(key, "[key]"),
        None => message.to_owned(),
    };
    message.chars().take(MAX_SENTENCE).collect()
}

/// What is sent, and how the answer is wanted.
struct Wanted {
    body: Value,
    is_streamed: bool,
    with_usage: bool,
    warnings: Vec<String>,
}

/// A body of JSON, of bounded size, in bounded time.
async fn whole(body: Incoming) -> Result<Value, ApiError> {
    let body = Limited::new(body, MAX_UPSTREAM_ANSWER).collect();
    let body = match tokio::time::timeout(UPSTREAM_SILENCE * 5, body).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(_)) => return Err(ApiError::upstream("its answer broke off, or is too large")),
        Err(_) => return Err(ApiError::upstream("its answer does not end")),
    };
    serde_json::from_slice(&body).map_err(|_| ApiError::upstream("its answer is no JSON"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;
    use tokio::time::{Duration, Instant};

    #[tokio::test(start_paused = true)]
    async fn one_that_accepts_and_never_answers_ends_in_an_error_within_its_limit() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let options = UpstreamOptions {
            url: format!("http://{}/v1", listener.local_addr().expect("bound")),
            model: "large".to_owned(),
            key: None,
            guests: false,
        };
        let upstream = Upstream::new(options).expect("an address");
        let begin = Instant::now();
        let response = upstream.chat(json!({ "messages": [] })).await;
        assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
        let body = response.into_body().collect().await.expect("a body");
        let body: Value = serde_json::from_slice(&body.to_bytes()).expect("JSON");
        let message = body["error"]["message"].as_str().expect("a sentence");
        assert!(message.contains("it does not answer"), "{message}");
        assert!(begin.elapsed() - UPSTREAM_SILENCE < Duration::from_secs(1));
        drop(listener);
    }
}
