//! What a client shows to be let in: a key in a header, or the cookie of its session.

use super::text;
use axum::http::{HeaderMap, HeaderValue, header};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// SHA-256 of a key, a code, a PIN or a session: the form in which all of them are kept.
pub(super) type Secret = [u8; 32];

/// How a session's cookie is kept by the browser: longer than browsers allow.
const COOKIE_LIFE: u32 = 400 * 24 * 3600;

/// Something shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Credential {
    /// A key, which a person may have typed wrong, or guessed.
    Key(Secret),
    /// A cookie, which may be of a session that has ended.
    Session(Secret),
}

impl Credential {
    /// What a request to `port` shows.
    pub(super) fn of(headers: &HeaderMap, port: u16) -> Option<Credential> {
        let key = bearer(headers).or_else(|| text(headers, "x-api-key"));
        match key {
            Some(key) => Some(Credential::Key(digest(key))),
            None => cookie(headers, port).map(|session| Credential::Session(digest(session))),
        }
    }
}

/// The digest of a secret.
pub(super) fn digest(secret: &str) -> Secret {
    Sha256::digest(secret).into()
}

/// Compares in a time that says nothing about where they differ.
pub(super) fn is_same(one: &Secret, other: &Secret) -> bool {
    one.ct_eq(other).into()
}

/// `Authorization: Bearer KEY`; the scheme's case does not matter (RFC 9110, 11.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = text(headers, "authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

fn cookie(headers: &HeaderMap, port: u16) -> Option<&str> {
    let name = cookie_name(port);
    let lines = headers.get_all(header::COOKIE).iter();
    let mut pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// Cookies know no ports: two servers of one host must not overwrite each other's.
fn cookie_name(port: u16) -> String {
    format!("maque_{port}")
}

/// `Set-Cookie` of a session; an empty one ends it.
pub(crate) fn session_cookie(session: &str, port: u16) -> Option<HeaderValue> {
    let life = if session.is_empty() { 0 } else { COOKIE_LIFE };
    let name = cookie_name(port);
    let cookie = format!("{name}={session}; Path=/; HttpOnly; SameSite=Strict; Max-Age={life}");
    HeaderValue::from_str(&cookie).ok()
}

/// Random bits in hexadecimal: 256 for what lasts, 128 for what is good for ten minutes.
pub(super) fn random<const N_BYTES: usize>() -> Result<String, getrandom::Error> {
    let mut bytes = [0; N_BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Eight random digits.
pub(super) fn random_pin() -> Result<String, getrandom::Error> {
    // 2⁶⁴ is no multiple of 10⁸: the bias of 10⁻¹¹ helps nobody.
    Ok(format!("{:08}", getrandom::u64()? % 100_000_000))
}
