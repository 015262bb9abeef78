//! Every route with its access class; `cargo xtask tidy` compares this list with README's.

use crate::access::{self, Access, Keys};
use crate::api::openai::{chat, completions, models};
use crate::error::ApiError;
use crate::health::health;
use crate::limits::{BODY_DEADLINE, MAX_BODY};
use crate::{ServerOptions, Service, Stage, page};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::handler::Handler;
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::watch;

/// What all requests share.
#[derive(Clone)]
pub(crate) struct Shared {
    keys: Arc<Keys>,
    stages: watch::Receiver<Stage>,
}

impl Shared {
    /// Where the model is now.
    pub(crate) fn stage(&self) -> Stage {
        self.stages.borrow().clone()
    }

    fn service(&self) -> Result<Service, ApiError> {
        match self.stage() {
            Stage::Ready(service) => Ok(service),
            Stage::Failed { message } => Err(ApiError::not_ready(message)),
            _ => Err(ApiError::not_ready(
                "the model is still coming; GET /health says how far it is",
            )),
        }
    }
}

/// All routes.
pub(crate) fn routes(options: &ServerOptions, stages: watch::Receiver<Stage>) -> Router {
    let shared = Shared {
        keys: Arc::new(Keys::new(&options.api_keys)),
        stages,
    };
    Routes::new(shared)
        .get("/", Access::Public, page::index)
        .get("/assets/{*path}", Access::Public, page::asset)
        .get("/health", Access::Public, health)
        .get("/v1/models", Access::Key, list_models)
        .get("/v1/models/{id}", Access::Key, one_model)
        .post("/v1/chat/completions", Access::Key, chat_completions)
        .post("/v1/completions", Access::Key, text_completions)
        .finish()
}

/// A router in which nothing can be registered without an access class.
struct Routes {
    router: Router<Shared>,
    shared: Shared,
}

impl Routes {
    fn new(shared: Shared) -> Routes {
        let router = Router::new();
        Routes { router, shared }
    }

    fn get<T: 'static>(
        self,
        path: &str,
        access: Access,
        handler: impl Handler<T, Shared>,
    ) -> Routes {
        self.add(path, access, get(handler))
    }

    fn post<T: 'static>(
        self,
        path: &str,
        access: Access,
        handler: impl Handler<T, Shared>,
    ) -> Routes {
        self.add(path, access, post(handler))
    }

    fn add(self, path: &str, access: Access, route: MethodRouter<Shared>) -> Routes {
        let route = route.fallback(|| async { ApiError::method_not_allowed() });
        let route = match access {
            Access::Public => route,
            Access::Key => route.layer(middleware::from_fn_with_state(self.shared.clone(), key)),
        };
        Routes {
            router: self.router.route(path, route),
            ..self
        }
    }

    fn finish(self) -> Router {
        self.router
            .fallback(|| async { ApiError::not_found("there is no such route; README lists them") })
            .layer(middleware::from_fn(guard))
            .with_state(self.shared)
    }
}

async fn key(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    match shared.keys.check(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

async fn guard(request: Request, next: Next) -> Response {
    let mut response = match access::check(&request) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    };
    let headers = response.headers_mut();
    headers.extend(page::GUARDS);
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

async fn list_models(State(shared): State<Shared>) -> Result<Response, ApiError> {
    Ok(models::list(&shared.service()?))
}

async fn one_model(
    State(shared): State<Shared>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    Ok(models::one(&shared.service()?, &id))
}

async fn chat_completions(State(shared): State<Shared>, body: Body) -> Result<Response, ApiError> {
    let body = json(body).await?;
    Ok(chat::chat(shared.service()?, body).await)
}

async fn text_completions(State(shared): State<Shared>, body: Body) -> Result<Response, ApiError> {
    let body = json(body).await?;
    Ok(completions::completions(shared.service()?, body).await)
}

/// A body of bounded size that arrives in bounded time; serde_json bounds its depth.
async fn json(body: Body) -> Result<Value, ApiError> {
    let bytes = tokio::time::timeout(BODY_DEADLINE, axum::body::to_bytes(body, MAX_BODY)).await;
    let bytes = bytes.map_err(|_| ApiError::bad_request("the body did not arrive in time"))?;
    let bytes = bytes.map_err(|error| match is_too_large(&error) {
        true => ApiError::too_large(MAX_BODY),
        false => ApiError::bad_request("the body broke off"),
    })?;
    serde_json::from_slice(&bytes)
        .map_err(|error| ApiError::bad_request(&format!("the body is no JSON: {error}")))
}

fn is_too_large(error: &axum::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<http_body_util::LengthLimitError>() {
            return true;
        }
        cause = error.source();
    }
    false
}
