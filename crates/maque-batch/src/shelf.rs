//! The recipes that come with the program: files of `recipes/`, in Chinese and English.

use crate::{BatchError, Recipe};
use std::borrow::Cow;
use std::path::Path;

/// A recipe that comes with the program.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its name, the same in both languages.
    pub name: &'static str,
    /// `zh` or `en`.
    pub language: &'static str,
    /// Its file.
    pub text: &'static str,
}

macro_rules! recipes {
    ($($name:literal),* $(,)?) => {
        const SHELF: &[Entry] = &[$(
            Entry { name: $name, language: "zh", text: include_str!(concat!("../recipes/", $name, ".zh.toml")) },
            Entry { name: $name, language: "en", text: include_str!(concat!("../recipes/", $name, ".en.toml")) },
        )*];
    };
}

recipes! {
    "poems", "reading", "topics", "characters", "sentences", "minutes", "email", "product", "tickets",
}

/// All of them.
pub fn shelf() -> &'static [Entry] {
    SHELF
}

/// The recipe that somebody means: a file, `name.language`, or a name in the language preferred.
pub fn find(wanted: &str, language: &str) -> Result<Recipe, BatchError> {
    Recipe::parse(wanted, &source(wanted, language)?)
}

/// The text of that recipe's file.
pub fn source(wanted: &str, language: &str) -> Result<Cow<'static, str>, BatchError> {
    let path = Path::new(wanted);
    if path.extension().is_some_and(|ending| ending == "toml") {
        return Recipe::read(path).map(Cow::Owned);
    }
    let (name, language) = wanted.split_once('.').unwrap_or((wanted, language));
    let is_wanted = |entry: &&Entry| entry.name == name && entry.language == language;
    match SHELF.iter().find(is_wanted) {
        Some(entry) => Ok(Cow::Borrowed(entry.text)),
        None => {
            let mut known: Vec<&str> = SHELF.iter().map(|entry| entry.name).collect();
            known.dedup();
            Err(BatchError::UnknownRecipe {
                name: wanted.to_owned(),
                known: known.join(", "),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recipe_can_be_read_and_its_answers_end() {
        for entry in shelf() {
            let recipe =
                Recipe::parse(entry.name, entry.text).unwrap_or_else(|error| panic!("{error}"));
            let schema = recipe.schema.as_ref().expect("a schema");
            let bounds = unbounded(schema);
            assert!(
                bounds.is_empty(),
                "{}.{}: no bound at {bounds:?}",
                entry.name,
                entry.language
            );
            assert!(
                recipe.max_tokens.is_some() && !recipe.inputs.is_empty(),
                "{}",
                entry.name
            );
        }
        assert_eq!(shelf().len(), 18);
    }

    /// Strings and lists of a schema that may go on for ever.
    fn unbounded(schema: &serde_json::Value) -> Vec<String> {
        let is = |name: &str| schema["type"] == name;
        let has = |name: &str| schema.get(name).is_some();
        let mut found = Vec::new();
        if is("string") && !has("maxLength") && !has("enum") || is("array") && !has("maxItems") {
            found.push(schema.to_string());
        }
        let properties = schema["properties"].as_object();
        let within = properties
            .into_iter()
            .flat_map(|map| map.values())
            .chain(schema.get("items"));
        found.extend(within.flat_map(unbounded));
        found
    }

    #[test]
    fn a_name_is_found_in_the_language_preferred() {
        let title = |wanted, language| find(wanted, language).expect("a recipe").title;
        assert_ne!(title("minutes", "zh"), title("minutes", "en"));
        assert_eq!(title("minutes.zh", "en"), title("minutes", "zh"));
        let error = find("minute", "en").expect_err("unknown");
        assert!(error.to_string().contains("minutes"), "{error}");
    }
}
