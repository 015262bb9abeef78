//! The names under which this server answers, on every address that it listens on.

use axum::extract::Request;
use axum::http::header;
use std::net::SocketAddr;

/// The one host that a request names; none if it names several, or two different ones.
pub(super) fn of(request: &Request) -> Option<&str> {
    let mut headers = request.headers().get_all(header::HOST).iter();
    let host = headers.next()?.to_str().ok()?;
    if headers.next().is_some() {
        return None;
    }
    match request.uri().authority() {
        Some(authority) if authority.as_str() != host => None,
        _ => Some(host),
    }
}

/// Exact names only: the address that the connection came in on, and this machine's names that lead to such an address.
pub(super) fn is_ours(host: &str, local: SocketAddr, hostname: &str) -> bool {
    let port = local.port();
    let own = SocketAddr::new(local.ip().to_canonical(), port).to_string();
    let own = own.rsplit_once(':').map(|(ip, _)| ip.to_owned());
    names(local, hostname).into_iter().chain(own).any(|name| {
        let with_port = format!("{name}:{port}");
        host.eq_ignore_ascii_case(&with_port) || port == 80 && host.eq_ignore_ascii_case(&name)
    })
}

fn names(local: SocketAddr, hostname: &str) -> Vec<String> {
    match local.ip().to_canonical().is_loopback() {
        true => ["localhost", "127.0.0.1", "[::1]"]
            .map(str::to_owned)
            .to_vec(),
        false if hostname.is_empty() => Vec::new(),
        false => vec![hostname.to_owned(), format!("{hostname}.local")],
    }
}
