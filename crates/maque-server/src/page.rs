//! The page, embedded in the binary.

use crate::error::ApiError;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

/// What `npm run build` made.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Files;

/// Nothing but our own files, no script in the markup, no frame around the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/// `GET /`, and the addresses of what the page shows: a conversation, the library's questions, the administration.
pub(crate) async fn index(headers: HeaderMap) -> Response {
    file("index.html", &headers)
}

/// `GET /assets/{*path}`
pub(crate) async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    file(&format!("assets/{path}"), &headers)
}

fn file(path: &str, asked: &HeaderMap) -> Response {
    let Some(file) = Files::get(path) else {
        return ApiError::not_found("there is no such file; was the page built (make build)?")
            .into_response();
    };
    let kind = HeaderValue::from_str(file.metadata.mimetype());
    let kind = kind.unwrap_or(HeaderValue::from_static("application/octet-stream"));
    // Names of assets carry a digest of their content; the page itself is asked for again.
    let cache = match path.starts_with("assets/") {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, HeaderValue::from_static(cache)),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(POLICY),
        ),
    ];
    let packed = takes_gzip(asked)
        .then(|| Files::get(&format!("{path}.gz")))
        .flatten();
    let (encoding, data) = match packed {
        Some(packed) => ("gzip", packed.data),
        None => ("identity", file.data),
    };
    let coding = [
        (header::CONTENT_ENCODING, HeaderValue::from_static(encoding)),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
    ];
    (headers, coding, data.into_owned()).into_response()
}

/// Whether the client takes gzip; browsers offer nothing better over plain HTTP.
fn takes_gzip(asked: &HeaderMap) -> bool {
    let offered = asked.get_all(header::ACCEPT_ENCODING).iter();
    let offered = offered.filter_map(|value| value.to_str().ok());
    let mut codings = offered.flat_map(|value| value.split(','));
    codings.any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim() == "gzip" && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

/// Headers of every answer.
pub(crate) const GUARDS: [(HeaderName, HeaderValue); 4] = [
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        for (offered, is_taken) in [
            ("gzip, deflate", true),
            ("deflate, gzip;q=0.5", true),
            ("br, gzip;q=0", false),
            ("identity", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(
                header::ACCEPT_ENCODING,
                HeaderValue::from_str(offered).expect("a header"),
            );
            assert_eq!(takes_gzip(&headers), is_taken, "{offered}");
        }
    }
}
