//! The catalogue: which models there are, and where their files can be had.

use crate::digest::Digest;
use crate::{HubError, ModelName};
use serde::Deserialize;
use std::path::Path;

/// The catalogue that comes with the program.
const BUILT_IN: &str = include_str!("../catalogue.toml");

/// All models, in the file's order.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Catalogue {
    #[serde(default, rename = "model")]
    models: Vec<Model>,
}

/// One model; `catalogue.toml` says what the fields are.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Model {
    pub(crate) name: ModelName,
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) chinese: String,
    pub(crate) license: String,
    pub(crate) file: FileName,
    pub(crate) n_bytes: Option<u64>,
    pub(crate) sha256: Option<Digest>,
    pub(crate) huggingface: Option<String>,
    pub(crate) modelscope: Option<String>,
    #[serde(default)]
    pub(crate) packages: Vec<Package>,
}

/// A Python package that holds a part of the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Package {
    /// `name==version`.
    pub(crate) requirement: String,
    /// Path within the wheel.
    pub(crate) member: String,
}

/// The name of a file that is nothing but a name: no folder, nothing hidden.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct FileName(String);

impl Catalogue {
    /// The built-in catalogue with the additions in `home`.
    pub(crate) fn open(home: &Path) -> Result<Catalogue, HubError> {
        let path = home.join("catalogue.toml");
        let own = match std::fs::read_to_string(&path) {
            Ok(text) => parse(&path, &text)?.models,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(HubError::io(&path, error)),
        };
        let built_in = parse(Path::new("catalogue.toml"), BUILT_IN)?.models;
        let is_replaced = |model: &Model| own.iter().any(|one| one.name == model.name);
        let mut models: Vec<Model> = built_in;
        models.retain(|model| !is_replaced(model));
        models.extend(own);
        Ok(Catalogue { models })
    }

    /// All models.
    pub(crate) fn models(&self) -> &[Model] {
        &self.models
    }

    /// One model.
    pub(crate) fn find(&self, name: &ModelName) -> Result<&Model, HubError> {
        let found = self.models.iter().find(|model| &model.name == name);
        found.ok_or_else(|| {
            let names: Vec<String> = self.models.iter().map(|m| m.name.to_string()).collect();
            HubError::Unknown {
                name: name.to_string(),
                known: names.join(", "),
            }
        })
    }
}

fn parse(path: &Path, text: &str) -> Result<Catalogue, HubError> {
    toml::from_str(text).map_err(|error| HubError::Catalogue {
        path: path.to_owned(),
        what: error.to_string().trim().to_owned(),
    })
}

impl FileName {
    /// The name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for FileName {
    type Error = String;

    fn try_from(text: String) -> Result<FileName, String> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let is_name = text.len() <= 200
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.chars().all(is_plain);
        if is_name && text.ends_with(".gguf") {
            Ok(FileName(text))
        } else {
            Err(format!("{text:?} is no plain file name ending in .gguf"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_catalogue_can_be_read_and_each_model_has_a_source() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let catalogue = Catalogue::open(folder.path()).expect("readable");
        assert!(8 <= catalogue.models().len());
        for model in catalogue.models() {
            let n_sources = [&model.huggingface, &model.modelscope]
                .into_iter()
                .flatten()
                .count();
            assert!(0 < n_sources + model.packages.len(), "{}", model.name);
        }
    }

    #[test]
    fn an_entry_of_ones_own_replaces_the_one_of_the_same_name() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let own = "[[model]]\nname = \"smollm2:135m\"\ndescription = \"mine\"\nlicense = \"MIT\"\nfile = \"mine.gguf\"\n";
        std::fs::write(folder.path().join("catalogue.toml"), own).expect("written");
        let catalogue = Catalogue::open(folder.path()).expect("readable");
        let name = "smollm2:135m".parse().expect("a name");
        assert_eq!(catalogue.find(&name).expect("there").description, "mine");
    }

    #[test]
    fn a_mistake_is_named_with_its_line() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (line, want) in [
            ("file = \"../x.gguf\"", "plain file name"),
            ("fiel = \"x.gguf\"", "unknown field"),
            ("sha256 = \"zz\"", "SHA-256"),
        ] {
            let text =
                format!("[[model]]\nname = \"a:b\"\ndescription = \"\"\nlicense = \"\"\n{line}\n");
            std::fs::write(folder.path().join("catalogue.toml"), text).expect("written");
            let error = Catalogue::open(folder.path()).expect_err("a mistake");
            let error = error.to_string();
            assert!(error.contains(want) && error.contains("line 5"), "{error}");
        }
    }
}
