//! Names of models.

use crate::HubError;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// A model's name as people write it: `family:size`, in lower case. With it nothing can leave the store's folder.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelName(String);

impl ModelName {
    /// Where the model lives in the store: `family/size`.
    pub(crate) fn folder(&self) -> PathBuf {
        self.0.split(':').collect()
    }
}

impl FromStr for ModelName {
    type Err = HubError;

    fn from_str(text: &str) -> Result<ModelName, HubError> {
        let is_part = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
                && part.chars().all(|c| {
                    c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_')
                })
        };
        let parts: Vec<&str> = text.split(':').collect();
        let is_name =
            parts.len() == 2 && text.len() <= 100 && parts.iter().all(|part| is_part(part));
        if is_name {
            Ok(ModelName(text.to_owned()))
        } else {
            Err(HubError::Name {
                text: text.to_owned(),
            })
        }
    }
}

impl TryFrom<String> for ModelName {
    type Error = HubError;

    fn try_from(text: String) -> Result<ModelName, HubError> {
        text.parse()
    }
}

impl From<ModelName> for String {
    fn from(name: ModelName) -> String {
        name.0
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_two_parts_that_cannot_climb() {
        for good in ["qwen2.5:0.5b", "smollm2:135m", "a:b", "my-model_2:latest"] {
            assert_eq!(good.parse::<ModelName>().expect(good).to_string(), good);
        }
        for bad in [
            "", "qwen", "a:b:c", "../a:b", "a/b:c", "a:..", ".a:b", "A:b", "a:", ":b", "模型:1",
        ] {
            assert!(bad.parse::<ModelName>().is_err(), "{bad}");
        }
    }
}
