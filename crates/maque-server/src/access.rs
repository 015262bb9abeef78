//! Who may ask what: host, origin, key. A page of another site must never reach this server through its reader's browser.

use crate::error::ApiError;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};
use sha2::{Digest, Sha256};
use std::net::{IpAddr, SocketAddr};

/// What a route asks of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Nothing: the page's shell, and whether the server lives.
    Public,
    /// A key, if the server has any.
    Key,
}

/// The address on which a connection was accepted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Local(pub(crate) SocketAddr);

/// The address that a connection came from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// SHA-256 of each key that opens the server; none are needed if empty.
#[derive(Debug)]
pub(crate) struct Keys(Vec<[u8; 32]>);

impl Keys {
    /// Keeps the digests of `keys`.
    pub(crate) fn new(keys: &[String]) -> Keys {
        Keys(keys.iter().map(|key| Sha256::digest(key).into()).collect())
    }

    /// Checks the key of a request. Digests are compared, so the time says nothing about the key.
    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        match self.0.is_empty() || self.known(headers).is_some() {
            true => Ok(()),
            false => Err(ApiError::unauthorized()),
        }
    }

    /// The digest of a request's key, if it opens the server.
    fn known(&self, headers: &HeaderMap) -> Option<[u8; 32]> {
        let scheme = text(headers, "authorization").and_then(|value| value.split_once(' '));
        let bearer = scheme.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let bearer = bearer.map(|(_, key)| key.trim());
        let given = bearer.or(text(headers, "x-api-key"));
        let digest = given.map(|key| <[u8; 32]>::from(Sha256::digest(key)));
        digest.filter(|digest| self.0.contains(digest))
    }

    /// A number for who asks: by the key, or where there are none by the address. Keys that open nothing tell nobody apart.
    pub(crate) fn client(&self, request: &Request) -> u64 {
        let peer = || {
            let peer = request.extensions().get::<Peer>();
            peer.map(|peer| match peer.0.ip().to_canonical() {
                IpAddr::V4(ip) => Sha256::digest(ip.octets()).into(),
                IpAddr::V6(ip) => Sha256::digest(ip.octets()).into(),
            })
        };
        let digest: Option<[u8; 32]> = self.known(request.headers()).or_else(peer);
        let digest = digest.unwrap_or_default();
        digest[..8]
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

/// Checks what is asked of every request: an exact host (against DNS rebinding), an origin of our own, JSON in posts.
pub(crate) fn check(request: &Request) -> Result<(), ApiError> {
    let headers = request.headers();
    let local = request.extensions().get::<Local>();
    let host = text(headers, "host").unwrap_or_default();
    if !local.is_some_and(|local| is_ours(host, local.0)) {
        return Err(ApiError::forbidden(
            "this Host is not served; use the address that the server printed",
        ));
    }
    if let Some(origin) = headers.get(header::ORIGIN)
        && origin.as_bytes() != format!("http://{host}").as_bytes()
    {
        return Err(ApiError::forbidden(
            "requests from other sites are not answered",
        ));
    }
    let is_foreign = text(headers, "sec-fetch-site").is_some_and(|site| site == "cross-site");
    if request.method() != Method::POST {
        return Ok(());
    }
    if is_foreign {
        return Err(ApiError::forbidden(
            "requests from other sites are not answered",
        ));
    }
    // Some clients say no type at all. A browser says who asks with every post, so none can be made to send such a one.
    let is_browser = headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site");
    if !is_browser && !headers.contains_key(header::CONTENT_TYPE) {
        return Ok(());
    }
    let kind = text(headers, "content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    match kind.eq_ignore_ascii_case("application/json") {
        true => Ok(()),
        false => Err(ApiError::unsupported_media_type()),
    }
}

/// Exact names only: the address that the connection came in on, and this machine's names for itself.
fn is_ours(host: &str, local: SocketAddr) -> bool {
    let port = local.port();
    let ip = local.ip().to_canonical();
    let names = match ip.is_loopback() {
        true => [
            "localhost".to_owned(),
            "127.0.0.1".to_owned(),
            "[::1]".to_owned(),
        ]
        .to_vec(),
        false => Vec::new(),
    };
    let own = SocketAddr::new(ip, port).to_string();
    let own = own.rsplit_once(':').map(|(ip, _)| ip.to_owned());
    names.into_iter().chain(own).any(|name| {
        let with_port = format!("{name}:{port}");
        host.eq_ignore_ascii_case(&with_port) || port == 80 && host.eq_ignore_ascii_case(&name)
    })
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn asked(method: &str, headers: &[(&str, &str)]) -> bool {
        let mut request = Request::builder().method(method);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).expect("a request");
        let local = Local(([127, 0, 0, 1], 7860).into());
        request.extensions_mut().insert(local);
        check(&request).is_ok()
    }

    #[test]
    fn only_our_own_host_is_served() {
        for host in [
            "localhost:7860",
            "127.0.0.1:7860",
            "[::1]:7860",
            "LOCALHOST:7860",
        ] {
            assert!(asked("GET", &[("host", host)]), "{host}");
        }
        for host in [
            "",
            "localhost",
            "localhost:80",
            "evil.example:7860",
            "127.0.0.1.nip.io:7860",
            "a@localhost:7860",
        ] {
            assert!(!asked("GET", &[("host", host)]), "{host}");
        }
        let lan = |host| is_ours(host, ([192, 168, 1, 5], 7860).into());
        assert!(lan("192.168.1.5:7860") && !lan("localhost:7860") && !lan("192.168.1.6:7860"));
    }

    #[test]
    fn pages_of_other_sites_are_refused() {
        let host = ("host", "localhost:7860");
        let json = ("content-type", "application/json; charset=utf-8");
        assert!(asked("POST", &[host, json]));
        assert!(asked(
            "POST",
            &[host, json, ("origin", "http://localhost:7860")]
        ));
        for origin in [
            "null",
            "http://evil.example",
            "https://localhost:7860",
            "http://localhost:1",
            "file://",
        ] {
            assert!(
                !asked("POST", &[host, json, ("origin", origin)]),
                "{origin}"
            );
        }
        assert!(!asked(
            "POST",
            &[host, json, ("sec-fetch-site", "cross-site")]
        ));
        assert!(!asked("POST", &[host, ("content-type", "text/plain")]));
        assert!(!asked("POST", &[host, ("origin", "http://localhost:7860")]));
        assert!(!asked("POST", &[host, ("sec-fetch-site", "same-origin")]));
        assert!(asked("POST", &[host]));
    }

    #[test]
    fn a_key_is_wanted_where_there_are_keys() {
        let headers = |name: &'static str, value: &str| {
            let value = value.parse().expect("a header");
            HeaderMap::from_iter([(name.parse().expect("a name"), value)])
        };
        let keys = Keys::new(&["secret".to_owned()]);
        assert!(
            keys.check(&headers("authorization", "Bearer secret"))
                .is_ok()
        );
        assert!(
            keys.check(&headers("authorization", "bearer secret"))
                .is_ok()
        );
        assert!(keys.check(&headers("x-api-key", "secret")).is_ok());
        assert!(keys.check(&headers("x-api-key", "Secret")).is_err());
        assert!(keys.check(&HeaderMap::new()).is_err());
        assert!(Keys::new(&[]).check(&HeaderMap::new()).is_ok());
    }

    #[test]
    fn clients_are_told_apart_by_key_or_address() {
        let keys = Keys::new(&["one".to_owned(), "two".to_owned()]);
        let client = |keys: &Keys, key: &str, ip: [u8; 4]| {
            let request = Request::builder().header("x-api-key", key);
            let mut request = request.body(Body::empty()).expect("a request");
            request.extensions_mut().insert(Peer((ip, 50_000).into()));
            keys.client(&request)
        };
        let (here, there) = ([127, 0, 0, 1], [10, 0, 0, 2]);
        assert_ne!(client(&keys, "one", here), client(&keys, "two", here));
        assert_eq!(client(&keys, "one", here), client(&keys, "one", there));
        let none = Keys::new(&[]);
        assert_eq!(client(&none, "one", here), client(&none, "two", here));
        assert_ne!(client(&none, "one", here), client(&none, "one", there));
    }
}
