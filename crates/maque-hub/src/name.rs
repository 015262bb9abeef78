//! Names of models.

use crate::HubError;
use std::fmt;
use std::str::FromStr;

/// A model's name as people write it: `family:size`, in lower case. With it nothing can leave the store's folder.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModelName(String);

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

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
