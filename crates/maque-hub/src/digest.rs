//! SHA-256 digests of files.

use crate::HubError;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::str::FromStr;

/// Bytes read at once.
const BLOCK: usize = 1 << 20;

/// A SHA-256 digest; written as 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Digest([u8; 32]);

impl Digest {
    /// The digest of a text.
    pub(crate) fn of_text(text: &str) -> Digest {
        Digest(Sha256::digest(text).into())
    }

    /// The digest of a file; `read` hears how many bytes were read.
    pub(crate) fn of_file(path: &Path, read: &mut dyn FnMut(u64)) -> Result<Digest, HubError> {
        let fail = |source| HubError::io(path, source);
        let mut file = File::open(path).map_err(fail)?;
        let mut hasher = Sha256::new();
        let mut block = vec![0; BLOCK];
        let mut done = 0;
        loop {
            let n = file.read(&mut block).map_err(fail)?;
            if n == 0 {
                return Ok(Digest(hasher.finalize().into()));
            }
            hasher.update(&block[..n]);
            done += n as u64;
            read(done);
        }
    }
}

impl FromStr for Digest {
    type Err = String;

    fn from_str(text: &str) -> Result<Digest, String> {
        let wrong = || format!("{text:?} is no SHA-256 of 64 hexadecimal digits");
        if text.len() != 64 || !text.is_ascii() {
            return Err(wrong());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().as_chunks::<2>().0) {
            let pair = str::from_utf8(pair).map_err(|_| wrong())?;
            let is_hexadecimal = pair.chars().all(|c| c.is_ascii_hexdigit());
            *byte = match u8::from_str_radix(pair, 16) {
                Ok(byte) if is_hexadecimal => byte,
                _ => return Err(wrong()),
            };
        }
        Ok(Digest(bytes))
    }
}

impl TryFrom<String> for Digest {
    type Error = String;

    fn try_from(text: String) -> Result<Digest, String> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.to_string()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_abc_is_that_of_fips_180_4() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Digest::of_text("abc").to_string(), abc);
        assert_eq!(abc.to_uppercase().parse(), Ok(Digest::of_text("abc")));
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("abc");
        std::fs::write(&path, "abc").expect("a file");
        let digest = Digest::of_file(&path, &mut |_| {}).expect("read");
        assert_eq!(digest, Digest::of_text("abc"));
    }

    #[test]
    fn other_text_is_no_digest() {
        for text in ["", "ab", &"g".repeat(64), &"+1".repeat(32), &"é".repeat(32)] {
            assert!(text.parse::<Digest>().is_err(), "{text}");
        }
    }
}
