//! Bytes over HTTP, resumed where a connection broke (RFC 9110, sections 13.1.5 and 14).

use super::PATIENCE;
use crate::error::SourceError;
use crate::part::{Origin, Part};
use std::io::Read;
use std::time::Duration;
use ureq::http::{HeaderMap, Response};
use ureq::{Agent, Body};

/// Attempts without a single new byte before a server is given up.
const MAX_FRUITLESS: usize = 2;
/// How long a server may take to begin its answer, and to send the next byte of it.
const STALL: Duration = Duration::from_secs(15);
/// Bytes read at once.
const BLOCK: usize = 256 << 10;

/// Fetches what is missing of `part`; `done` hears how many bytes there are, and how many there will be.
pub(super) fn fetch(
    url: &str,
    part: &mut Part,
    done: &dyn Fn(u64, u64),
) -> Result<(), SourceError> {
    let mut n_fruitless = 0;
    while 0 < part.missing() {
        let before = part.written();
        let fetched = attempt(url, part, done);
        part.keep()?;
        match fetched {
            Ok(()) => {}
            Err(error) if error.is_passing() => {
                n_fruitless = match before < part.written() {
                    true => 0,
                    false => n_fruitless + 1,
                };
                if n_fruitless == MAX_FRUITLESS {
                    return Err(error);
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn attempt(url: &str, part: &mut Part, done: &dyn Fn(u64, u64)) -> Result<(), SourceError> {
    let response = request(url, part)?;
    accept(url, part, &response)?;
    let mut body = response.into_body().into_reader();
    let mut block = vec![0; BLOCK];
    let total = part.wanted().n_bytes;
    while 0 < part.missing() {
        let broken = |why: String| SourceError::Broken {
            done: part.written(),
            total,
            why,
        };
        match body.read(&mut block) {
            Ok(0) => return Err(broken("the answer ended early".to_owned())),
            Ok(n) => part.append(&block[..n])?,
            Err(error) => return Err(broken(error.to_string())),
        }
        done(part.written(), total);
    }
    Ok(())
}

fn request(url: &str, part: &Part) -> Result<Response<Body>, SourceError> {
    let config = Agent::config_builder()
        .timeout_resolve(Some(PATIENCE))
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(STALL))
        .timeout_per_read(Some(STALL))
        .https_only(url.starts_with("https:"))
        .accept_encoding("identity")
        .http_status_as_error(false);
    let mut request = Agent::from(config.build()).get(url);
    if 0 < part.written() {
        request = request.header("range", format!("bytes={}-", part.written()));
        let origin = part.origin();
        if let Some(etag) = origin.etag.as_ref().filter(|_| origin.url == url) {
            request = request.header("if-range", etag);
        }
    }
    Ok(request.call()?)
}

/// Checks that the answer is the file, or the rest of it; a server that sends it from the beginning is followed.
fn accept(url: &str, part: &mut Part, response: &Response<Body>) -> Result<(), SourceError> {
    let headers = response.headers();
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let status = response.status().as_u16();
    match status {
        206 if range(headers) == Some((part.written(), part.wanted().n_bytes)) => {}
        206 | 416 if 0 < part.written() => {
            part.restart()?; // the next attempt asks for all of it
            return Err(SourceError::Range);
        }
        200 if 0 < part.written() => part.restart()?,
        200 => {}
        _ => return Err(SourceError::Status { status }),
    }
    if text("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
        return Err(SourceError::WebPage);
    }
    let length = text("content-length").and_then(|length| length.parse::<u64>().ok());
    if length.is_some_and(|length| length != part.missing()) {
        return Err(SourceError::Other("a number of bytes"));
    }
    // Strong versions only: If-Range must not take a weak one.
    let etag = text("etag").filter(|etag| etag.starts_with('"'));
    part.set_origin(Origin {
        url: url.to_owned(),
        etag: etag.map(str::to_owned),
    });
    Ok(())
}

/// First byte and whole size of `Content-Range: bytes FIRST-LAST/SIZE`, if it goes on to the file's end.
fn range(headers: &HeaderMap) -> Option<(u64, u64)> {
    let text = headers.get("content-range")?.to_str().ok()?;
    let (range, size) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last) = (first.parse().ok()?, last.parse::<u64>().ok()?);
    let size = size.parse().ok()?;
    (last.checked_add(1) == Some(size)).then_some((first, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<(u64, u64)> {
        let mut headers = HeaderMap::new();
        headers.insert("content-range", text.parse().expect("a header"));
        range(&headers)
    }

    #[test]
    fn a_range_must_say_all_and_reach_the_end() {
        assert_eq!(parsed("bytes 5-9/10"), Some((5, 10)));
        for wrong in [
            "bytes 5-8/10",
            "bytes 5-9/*",
            "bytes */10",
            "items 5-9/10",
            "bytes 5-18446744073709551615/10",
            "",
        ] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }
}
