//! The address of the larger model, checked before anything is sent there.

use hyper::Uri;
use hyper::http::uri::Scheme;
use std::net::IpAddr;

/// What is wrong with the settings of the larger model.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// No address of an API.
    #[error("upstream.url must be written as https://host/v1")]
    Url,
    /// A key must not be read by others on the way.
    #[error("upstream.url must begin with https:// where a key is sent beyond this machine")]
    Plain,
    /// A key is a line of visible characters.
    #[error("the key of upstream holds characters that no key has")]
    Key,
}

/// An API's address.
#[derive(Debug)]
pub(super) struct Address {
    chat: Uri,
    host: String,
}

impl Address {
    /// Reads `https://host/v1`.
    pub(super) fn read(url: &str) -> Result<Address, UpstreamError> {
        let base = url.trim().trim_end_matches('/');
        let chat: Uri = format!("{base}/chat/completions")
            .parse()
            .map_err(|_| UpstreamError::Url)?;
        let is_web = chat.scheme() == Some(&Scheme::HTTPS) || chat.scheme() == Some(&Scheme::HTTP);
        let authority = chat.authority().ok_or(UpstreamError::Url)?;
        let is_plain = !authority.as_str().contains('@') && chat.query().is_none();
        if !is_web || !is_plain || authority.host().is_empty() {
            return Err(UpstreamError::Url);
        }
        let host = authority.as_str().to_owned();
        Ok(Address { chat, host })
    }

    /// Where chats are posted to.
    pub(super) fn chat(&self) -> &Uri {
        &self.chat
    }

    /// Host, and port if it is given.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Whether nobody on the way reads what is sent: it is encrypted, or stays on this machine.
    pub(super) fn is_private(&self) -> bool {
        let host = self.chat.host().unwrap_or_default();
        let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
        let is_here = host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback());
        is_here || self.chat.scheme() == Some(&Scheme::HTTPS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_web_address_and_nothing_else() {
        let address = Address::read("https://api.example.com/v1/").expect("an address");
        assert_eq!(
            address.chat(),
            "https://api.example.com/v1/chat/completions"
        );
        assert_eq!(address.host(), "api.example.com");
        for wrong in [
            "",
            "api.example.com",
            "ftp://a/v1",
            "https://",
            "https://me:pw@a/v1",
            "https://a/v1?x=1",
            "file:///etc",
        ] {
            assert!(Address::read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_key_goes_through_https_or_stays_here() {
        for (url, is_private) in [
            ("https://a.example/v1", true),
            ("http://127.0.0.1:7860/v1", true),
            ("http://[::1]:7860/v1", true),
            ("http://localhost/v1", true),
            ("http://a.example/v1", false),
            ("http://192.168.1.2/v1", false),
            ("http://127.0.0.1.example/v1", false),
        ] {
            let address = Address::read(url).expect("an address");
            assert_eq!(address.is_private(), is_private, "{url}");
        }
    }
}
