//! Who may ask what: host, origin, key. A page of another site must never reach this server through its reader's browser.

mod credential;
mod failures;
mod host;
mod invitations;
mod minutes;
mod reception;
#[cfg(test)]
mod tests;

pub(crate) use credential::session_cookie;
pub use invitations::Invitation;
pub use reception::{Door, Reception};

use crate::error::ApiError;
use crate::identity::Role;
use crate::limits::MAX_URI;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};
use std::net::SocketAddr;

/// What a route asks of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Nothing: the page's shell, whether the server lives, and the way in.
    Public,
    /// A key or a session, if the server has any: inference.
    Key,
    /// The same; what it shows and changes is the person's own.
    User,
    /// A person of role admin.
    Admin,
}

impl Access {
    /// Whether a person of this role may pass.
    pub(crate) fn admits(self, role: Role) -> bool {
        self != Access::Admin || role == Role::Admin
    }
}

/// The two ends of the connection that a request came in on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ends {
    pub(crate) local: SocketAddr,
    pub(crate) peer: SocketAddr,
}

/// Checks what is asked of every request: an exact host (against DNS rebinding), an origin of our own, JSON in bodies.
/// `hostname` is this machine's own name.
pub(crate) fn check(request: &Request, hostname: &str) -> Result<(), ApiError> {
    let ends = request.extensions().get::<Ends>();
    let host = host::of(request);
    let host =
        host.filter(|host| ends.is_some_and(|ends| host::is_ours(host, ends.local, hostname)));
    let Some(host) = host else {
        let message = "this Host is not served; use the address that the server printed";
        return Err(ApiError::forbidden(message));
    };
    if is_foreign(request, host) {
        return Err(ApiError::forbidden(
            "requests from other sites are not answered",
        ));
    }
    if MAX_URI
        < request
            .uri()
            .path_and_query()
            .map_or(0, |path| path.as_str().len())
    {
        return Err(ApiError::address_too_long());
    }
    check_body(request)
}

/// Whether a browser says that the request comes from a page that is not ours. A link to the page may be followed from anywhere.
fn is_foreign(request: &Request, host: &str) -> bool {
    let headers = request.headers();
    let own = format!("http://{host}");
    let mut origins = headers.get_all(header::ORIGIN).iter();
    if origins.any(|origin| !origin.as_bytes().eq_ignore_ascii_case(own.as_bytes())) {
        return true;
    }
    let is_followed = request.method() == Method::GET
        && text(headers, "sec-fetch-mode").is_some_and(|mode| mode == "navigate");
    let mut sites = headers.get_all("sec-fetch-site").iter();
    !is_followed && sites.any(|site| site != "same-origin" && site != "none")
}

/// What changes something must be JSON, which no form of another site can send.
fn check_body(request: &Request) -> Result<(), ApiError> {
    if request.headers().contains_key(header::CONTENT_ENCODING) {
        return Err(ApiError::encoded_body());
    }
    if ![Method::POST, Method::PUT, Method::PATCH].contains(request.method()) {
        return Ok(());
    }
    // Some clients say no type at all. A browser says who asks with every post, so none can be made to send such a one.
    let headers = request.headers();
    let is_browser = headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site");
    if !is_browser && !headers.contains_key(header::CONTENT_TYPE) {
        return Ok(());
    }
    let kind = text(headers, "content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let is_upload = request.uri().path() == "/v1/files" && !is_browser;
    let is_form = kind.eq_ignore_ascii_case("multipart/form-data");
    match kind.eq_ignore_ascii_case("application/json") || is_upload && is_form {
        true => Ok(()),
        false => Err(ApiError::unsupported_media_type()),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
