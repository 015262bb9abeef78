//! Every route with its access class; `cargo xtask tidy` compares this list with README's.

use crate::access::{self, Access, Ends, Reception};
use crate::api::anthropic::messages::{count_tokens as count, messages};
use crate::api::ollama::{self, generate::generate};
use crate::api::openai::{batches, chat, completions, files, models, responses};
use crate::api::ops::described;
use crate::api::ops::{self, text};
use crate::api::{library, maque};
use crate::batches::Batches;
use crate::body::json;
use crate::dialect::Dialect;
use crate::error::ApiError;
use crate::generations::Generations;
use crate::health::health;
use crate::identity::Identity;
use crate::jobs::Jobs;
use crate::record::{Line, Record};
use crate::sharing::Sharing;
use crate::store::Store;
use crate::traffic::Traffic;
use crate::upstream::{UPSTREAM, Upstream};
use crate::{RequestLog, ServerOptions, Service, Stage, identity, page};
use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, MatchedPath, Path, Request, State};
use axum::handler::Handler;
use axum::http::{HeaderValue, Method, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, patch, post};
use futures_util::future::BoxFuture;
use maque_library::Library;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::watch;

/// What all requests share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) reception: Arc<Reception>,
    pub(crate) generations: Arc<Generations>,
    pub(crate) batches: Arc<Batches>,
    pub(crate) jobs: Jobs,
    pub(crate) sharing: Arc<Sharing>,
    pub(crate) since: Instant,
    pub(crate) library: Option<Library>,
    upstream: Option<Upstream>,
    log: RequestLog,
    traffic: Arc<Traffic>,
    stages: watch::Receiver<Stage>,
}

impl Shared {
    /// Where the model is now.
    pub(crate) fn stage(&self) -> Stage {
        self.stages.borrow().clone()
    }

    /// The name of the model that is served.
    pub(crate) fn served(&self) -> Option<String> {
        match self.stage() {
            Stage::Ready(service) => Some(service.name().to_owned()),
            Stage::Locating { model }
            | Stage::Downloading { model, .. }
            | Stage::Loading { model, .. } => Some(model),
            Stage::Warming | Stage::Failed { .. } => None,
        }
    }

    /// What answers, on behalf of who asks in this task.
    pub(crate) fn service(&self) -> Result<Service, ApiError> {
        match self.stage() {
            Stage::Ready(service) => Ok(service.on_behalf_of(identity::client())),
            Stage::Failed { message } => Err(ApiError::not_ready(message)),
            _ => Err(ApiError::not_ready(
                "the model is still coming; GET /health says how far it is",
            )),
        }
    }
}

impl Shared {
    /// The larger model elsewhere, if there is one that this person may use.
    fn upstream_for(&self, identity: Identity) -> Option<&Upstream> {
        let upstream = self.upstream.as_ref();
        upstream.filter(|upstream| upstream.admits(identity.role))
    }

    /// The same, if a chat request names it: nothing else ever sends anything there.
    pub(crate) fn upstream_named(
        &self,
        body: &Value,
        identity: Identity,
    ) -> Result<Option<&Upstream>, ApiError> {
        match (&self.upstream, self.upstream_for(identity)) {
            (Some(_), upstream) if body["model"] == UPSTREAM => {
                upstream.map(Some).ok_or_else(|| {
                    ApiError::forbidden("only an administrator may ask the upstream model")
                })
            }
            _ => Ok(None),
        }
    }

    /// The conversations of everybody.
    pub(crate) fn store(&self) -> Result<&Store, ApiError> {
        Ok(self.reception.store()?)
    }
}

/// All routes.
pub(crate) fn routes(
    options: &ServerOptions,
    sharing: &Arc<Sharing>,
    batches: &Arc<Batches>,
    generations: Arc<Generations>,
    stages: watch::Receiver<Stage>,
) -> Router {
    let shared = Shared {
        reception: Arc::clone(&options.reception),
        generations,
        batches: Arc::clone(batches),
        jobs: Jobs::new(Arc::clone(&options.models)),
        sharing: Arc::clone(sharing),
        since: Instant::now(),
        library: options.library.clone(),
        upstream: options.upstream.clone(),
        log: options.log,
        traffic: Arc::new(Traffic::new()),
        stages,
    };
    let routes = Routes::new(shared)
        .get("/", Access::Public, page::index)
        .get("/c/{id}", Access::Public, page::index)
        .get("/ask", Access::Public, page::index)
        .get("/admin", Access::Public, page::index)
        .get("/assets/{*path}", Access::Public, page::asset)
        .get("/health", Access::Public, health)
        .get("/v1/models", Access::Key, list_models)
        .get("/v1/models/{id}", Access::Key, one_model)
        .post("/v1/chat/completions", Access::Key, chat_completions)
        .post("/v1/completions", Access::Key, text_completions)
        .post("/api/chat", Access::Key, asked(ollama::chat::chat))
        .post("/api/generate", Access::Key, asked(generate))
        .get("/api/tags", Access::Key, told(ollama::models::tags))
        .get("/api/ps", Access::Key, told(ollama::models::ps))
        .post("/api/show", Access::Key, asked(ollama::models::show))
        .get("/api/version", Access::Key, told(ollama::models::version))
        .post("/api/pull", Access::Admin, ollama::pull::pull)
        .post("/api/embed", Access::Key, asked(embeddings))
        .post("/api/embeddings", Access::Key, asked(embeddings))
        .post("/v1/embeddings", Access::Key, asked(embeddings))
        .post("/v1/responses", Access::Key, asked(responses::responses))
        .post("/v1/messages", Access::Key, asked(messages))
        .post("/v1/messages/count_tokens", Access::Key, asked(count))
        .get("/livez", Access::Public, livez)
        .get("/metrics", Access::Key, metrics)
        .get("/openapi.json", Access::Key, openapi)
        .get("/v1/capabilities", Access::Key, capabilities)
        .post("/tokenize", Access::Key, asked(text::tokenize))
        .post("/detokenize", Access::Key, asked(text::detokenize))
        .post("/apply-template", Access::Key, asked(text::apply_template))
        .post("/v1/library/ask", Access::Key, library::ask)
        .get("/v1/library/status", Access::Key, library::status)
        .get("/v1/library/documents/{id}", Access::Key, library::document)
        .post("/v1/library/folders", Access::Admin, library::add)
        .delete("/v1/library/folders/{id}", Access::Admin, library::remove);
    maque::routes(batches_of(routes)).finish()
}

/// OpenAI's batches and their files.
fn batches_of(routes: Routes) -> Routes {
    routes
        .post("/v1/files", Access::User, files::create)
        .get("/v1/files", Access::User, files::list)
        .get("/v1/files/{id}", Access::User, files::retrieve)
        .delete("/v1/files/{id}", Access::User, files::delete)
        .get("/v1/files/{id}/content", Access::User, files::content)
        .post("/v1/batches", Access::User, batches::create)
        .get("/v1/batches", Access::User, batches::list)
        .get("/v1/batches/{id}", Access::User, batches::retrieve)
        .post("/v1/batches/{id}/cancel", Access::User, batches::cancel)
}

/// What handlers come to.
type Answering = BoxFuture<'static, Result<Response, ApiError>>;

/// A handler of a route that answers a body.
fn asked<R>(route: fn(Service, Value) -> R) -> impl Fn(State<Shared>, Body) -> Answering + Clone
where
    R: Future<Output = Response> + Send + 'static,
{
    move |State(shared): State<Shared>, body: Body| {
        let answer = async move {
            let body = json(body).await?;
            Ok::<Response, ApiError>(route(shared.service()?, body).await)
        };
        Box::pin(answer)
    }
}

/// A handler of a route that says something of the model.
fn told(route: fn(&Service) -> Response) -> impl Fn(State<Shared>) -> Answering + Clone {
    move |State(shared): State<Shared>| Box::pin(async move { Ok(route(&shared.service()?)) })
}

/// That the server lives, whatever the model does.
async fn livez() -> Response {
    axum::Json(serde_json::json!({ "status": "ok" })).into_response()
}

async fn metrics(State(shared): State<Shared>) -> Response {
    ops::metrics::metrics(&shared.traffic, shared.service().ok().as_ref())
}

async fn openapi(State(shared): State<Shared>) -> Response {
    described::openapi(shared.service().ok().as_ref())
}

/// What needs a model of another kind.
async fn embeddings(_: Service, _: Value) -> Response {
    ApiError::no_embedding_model().into_response()
}

/// A router in which nothing can be registered without an access class.
pub(crate) struct Routes {
    paths: HashMap<&'static str, MethodRouter<Shared>>,
    shared: Shared,
}

impl Routes {
    fn new(shared: Shared) -> Routes {
        let paths = HashMap::new();
        Routes { paths, shared }
    }

    pub(crate) fn get<T: 'static>(
        self,
        path: &'static str,
        access: Access,
        handler: impl Handler<T, Shared>,
    ) -> Routes {
        self.add(path, access, get(handler))
    }

    pub(crate) fn post<T: 'static>(
        self,
        path: &'static str,
        access: Access,
        handler: impl Handler<T, Shared>,
    ) -> Routes {
        self.add(path, access, post(handler))
    }

    pub(crate) fn patch<T: 'static>(
        self,
        path: &'static str,
        access: Access,
        handler: impl Handler<T, Shared>,
    ) -> Routes {
        self.add(path, access, patch(handler))
    }

    pub(crate) fn delete<T: 'static>(
        self,
        path: &'static str,
        access: Access,
        handler: impl Handler<T, Shared>,
    ) -> Routes {
        self.add(path, access, delete(handler))
    }

    fn add(mut self, path: &'static str, access: Access, route: MethodRouter<Shared>) -> Routes {
        let route = match access {
            Access::Public => route,
            _ => {
                let state = (self.shared.clone(), access);
                route.layer(middleware::from_fn_with_state(state, identified))
            }
        };
        let path = self.paths.entry(path).or_default();
        *path = std::mem::take(path).merge(route);
        self
    }

    fn finish(self) -> Router {
        let mut router = Router::new();
        for (path, route) in self.paths {
            let route = route.fallback(|| async { ApiError::method_not_allowed() });
            router = router.route(path, route);
        }
        let hostname: Arc<str> = gethostname::gethostname().to_string_lossy().into();
        router
            .fallback(|| async { ApiError::not_found("there is no such route; README lists them") })
            .layer(middleware::from_fn_with_state(hostname, guard))
            .layer(middleware::from_fn_with_state(
                self.shared.clone(),
                recorded,
            ))
            .with_state(self.shared)
    }
}

/// Lets a request through to its handler as the person who sends it.
async fn identified(
    State((shared, access)): State<(Shared, Access)>,
    Extension(ends): Extension<Ends>,
    mut request: Request,
    next: Next,
) -> Response {
    match shared.reception.identify(request.headers(), ends) {
        Ok(identity) if access.admits(identity.role) => {
            let is_read = request.method() == Method::GET;
            if !is_read && let Err(error) = shared.reception.count(identity) {
                return error.into_response();
            }
            request.extensions_mut().insert(identity);
            identity::on_behalf_of(identity, next.run(request)).await
        }
        Ok(_) => ApiError::forbidden("only an administrator may do this").into_response(),
        Err(error) => error.into_response(),
    }
}

/// Gives a request its id, a refusal the shape of the API that was asked, and the log its line.
async fn recorded(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let record = Arc::new(Record::new(request.headers()));
    let method = request.method().clone();
    let dialect = Dialect::of(request.uri().path());
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("unmatched", MatchedPath::as_str).to_owned();
    let response = record.cover(next.run(request)).await;
    let mut response = dialect.put(response, record.id.to_str().unwrap_or_default());
    shared.traffic.count(&method, &route, response.status());
    let headers = response.headers_mut();
    headers.insert("x-request-id", record.id.clone());
    if dialect == Dialect::Anthropic {
        headers.insert("request-id", record.id.clone());
    }
    match shared.log {
        RequestLog::Off => response,
        RequestLog::Stderr => {
            let status = response.status();
            Line {
                record,
                method,
                route,
                status,
            }
            .at_the_end_of(response)
        }
    }
}

async fn guard(State(hostname): State<Arc<str>>, request: Request, next: Next) -> Response {
    let mut response = match access::check(&request, &hostname) {
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

async fn list_models(
    State(shared): State<Shared>,
    identity: Identity,
) -> Result<Response, ApiError> {
    let upstream = shared.upstream_for(identity);
    Ok(models::list(&shared.service()?, upstream))
}

async fn one_model(
    State(shared): State<Shared>,
    identity: Identity,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let upstream = shared.upstream_for(identity);
    Ok(models::one(&shared.service()?, upstream, &id))
}

async fn capabilities(
    State(shared): State<Shared>,
    identity: Identity,
) -> Result<Response, ApiError> {
    let upstream = shared.upstream_for(identity);
    Ok(described::capabilities(&shared.service()?, upstream))
}

async fn chat_completions(
    State(shared): State<Shared>,
    identity: Identity,
    body: Body,
) -> Result<Response, ApiError> {
    let body = json(body).await?;
    match shared.upstream_named(&body, identity)? {
        Some(upstream) => Ok(upstream.chat(body).await),
        None => Ok(chat::chat(shared.service()?, body).await),
    }
}

async fn text_completions(State(shared): State<Shared>, body: Body) -> Result<Response, ApiError> {
    let body = json(body).await?;
    Ok(completions::completions(shared.service()?, body).await)
}
