//! A recipe: what to ask of each row, the form of the answer, and what it must be.

use crate::BatchError;
use crate::answer::Answered;
use crate::check::Check;
use crate::sheet::{Row, Sheet};
use crate::template::Template;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// A recipe's file is small.
const MAX_BYTES: u64 = 256 << 10;

/// What is done with each row.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// What it is called.
    pub title: String,
    /// What it is for, in a sentence.
    pub about: String,
    /// The columns that rows need.
    #[serde(default)]
    pub inputs: Vec<Input>,
    /// The system prompt, if it has one.
    pub system: Option<String>,
    /// The question: text with places for cells.
    prompt: Template,
    /// Rows that were answered before, as the model is shown them.
    #[serde(default)]
    examples: Vec<Example>,
    /// The JSON schema that an answer keeps to; without it an answer is text.
    pub(crate) schema: Option<Value>,
    /// A list in the answer each item of which becomes a row.
    each: Option<String>,
    /// What the answer fills.
    pub columns: Vec<Column>,
    /// What it must be.
    #[serde(default)]
    checks: Vec<Check>,
    /// Tokens of an answer at most.
    pub max_tokens: Option<usize>,
    /// Sampling temperature, the model's own if absent.
    pub temperature: Option<f32>,
}

/// A column that rows need.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// What stands in it.
    pub about: String,
}

/// A row and its answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    /// Its cells, by the names of the inputs.
    row: BTreeMap<String, String>,
    /// Its answer: text, or what the schema wants.
    answer: Value,
}

/// A column of answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The answer's field that stands in it; empty for an answer that is text.
    #[serde(default)]
    pub field: String,
    /// Where the field is a list, only its items with this value, without it.
    only: Option<String>,
    /// What stands in it around the answer's fields and the row's cells, instead of one field.
    text: Option<Template>,
}

impl Recipe {
    /// The text of a recipe's file.
    pub(crate) fn read(path: &Path) -> Result<String, BatchError> {
        let failed = |source| BatchError::Read {
            path: path.to_owned(),
            source,
        };
        let n_bytes = std::fs::metadata(path).map_err(failed)?.len();
        if MAX_BYTES < n_bytes {
            let limit = format!("{MAX_BYTES} bytes");
            return Err(BatchError::TooLarge {
                path: path.to_owned(),
                limit,
            });
        }
        std::fs::read_to_string(path).map_err(failed)
    }

    /// A recipe from its text; errors name it by `name`.
    pub fn parse(name: &str, text: &str) -> Result<Recipe, BatchError> {
        let wrong = |why: String| BatchError::Recipe {
            name: name.to_owned(),
            why,
        };
        let recipe: Recipe = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        match recipe.problem() {
            Some(why) => Err(wrong(why)),
            None => Ok(recipe),
        }
    }

    /// A prompt alone: the answer is text, in a column of its own.
    pub fn of_prompt(prompt: &str) -> Result<Recipe, BatchError> {
        let prompt = Template::parse(prompt).map_err(|why| BatchError::Recipe {
            name: "--prompt".to_owned(),
            why,
        })?;
        Ok(Recipe {
            title: String::new(),
            about: String::new(),
            inputs: Vec::new(),
            system: None,
            prompt,
            examples: Vec::new(),
            schema: None,
            each: None,
            columns: vec![Column {
                name: "answer".to_owned(),
                field: String::new(),
                only: None,
                text: None,
            }],
            checks: Vec::new(),
            max_tokens: None,
            temperature: None,
        })
    }

    fn problem(&self) -> Option<String> {
        let unknown = self
            .prompt
            .places()
            .into_iter()
            .find(|place| self.inputs.iter().all(|input| input.name != *place));
        if let Some(place) = unknown {
            return Some(format!(
                "the prompt wants {place:?}, which is none of the inputs"
            ));
        }
        let wanted = self.prompt.places();
        let lacks = |example: &Example| wanted.iter().any(|name| !example.row.contains_key(*name));
        if self.examples.iter().any(lacks) {
            return Some("an example's row lacks a cell that the prompt wants".to_owned());
        }
        if self.columns.is_empty() {
            return Some("columns must name at least one column of the answer".to_owned());
        }
        if self.schema.is_none() && (self.each.is_some() || !self.checks.is_empty()) {
            return Some("each and checks need a schema".to_owned());
        }
        self.checks.iter().find_map(Check::problem)
    }

    /// What tells it from another recipe.
    pub(crate) fn identity(&self) -> String {
        let Recipe {
            system,
            prompt,
            examples,
            schema,
            each,
            columns,
            checks,
            max_tokens,
            temperature,
            ..
        } = self;
        format!(
            "{system:?} {} {examples:?} {schema:?} {each:?} {columns:?} {checks:?} {max_tokens:?} {temperature:?}",
            prompt.source()
        )
    }

    /// That these rows have every column that the prompt wants.
    pub fn check_columns(&self, sheet: &Sheet) -> Result<(), BatchError> {
        let missing = self
            .prompt
            .places()
            .into_iter()
            .find(|place| sheet.columns.iter().all(|column| column != place));
        match missing {
            None => Ok(()),
            Some(column) => Err(BatchError::NoColumn {
                column: column.to_owned(),
                columns: sheet.columns.join(", "),
            }),
        }
    }

    /// What is asked of this row.
    pub fn prompt(&self, row: &Row<'_>) -> String {
        self.prompt.fill(|name| row.text(name))
    }

    /// What was asked of the examples' rows, and what was answered.
    pub fn examples(&self) -> impl Iterator<Item = (String, String)> {
        self.examples.iter().map(|Example { row, answer }| {
            let answer = match answer {
                Value::String(text) => text.clone(),
                form => form.to_string(),
            };
            (self.prompt.fill(|name| row.get(name).cloned()), answer)
        })
    }

    /// The JSON schema that this row's answer keeps to: the recipe's, and of its checks what a schema can say.
    pub fn schema(&self, row: &Row<'_>) -> Option<Value> {
        let mut schema = self.schema.clone()?;
        for check in &self.checks {
            let value = check.value.as_ref();
            if let Some(value) = value.and_then(|value| self.known(value, row))
                && let Some(field) = self.field(&mut schema, &check.field)
                && let Some(form) = check.must.form(field, &value)
            {
                *field = form;
            }
        }
        Some(schema)
    }

    /// The schema of a field: of each item's where the answer is a list and its items have it, of the answer's otherwise.
    fn field<'a>(&self, schema: &'a mut Value, name: &str) -> Option<&'a mut Value> {
        let of_answer = format!("/properties/{name}");
        let of_item =
            (self.each.as_ref()).map(|each| format!("/properties/{each}/items{of_answer}"));
        let place = of_item.filter(|place| schema.pointer(place).is_some());
        let field = schema.pointer_mut(&place.unwrap_or(of_answer))?;
        field.is_object().then_some(field)
    }

    /// What a template says of a row before it is answered; `None` if it has a place for a part of the answer.
    fn known(&self, template: &Template, row: &Row<'_>) -> Option<String> {
        let is_input = |place: &str| self.inputs.iter().any(|input| input.name == place);
        let is_known = template.places().into_iter().all(is_input);
        is_known.then(|| template.fill(|name| row.text(name)))
    }

    /// What a model wrote, as an answer; an error says why it is none.
    pub fn answer(&self, text: &str) -> Result<Value, serde_json::Error> {
        match self.schema {
            Some(_) => serde_json::from_str(text),
            None => Ok(Value::String(text.trim().to_owned())),
        }
    }

    /// What the first check that it does not pass says, of each item of an answer.
    pub fn marks(&self, row: &Row<'_>, answer: &Value) -> Vec<Option<String>> {
        let items = self.items(answer);
        let mark = |index: usize| {
            let failed = self.checks.iter().find(|check| {
                let text = |item: &Answered<'_>| item.text(&check.field).unwrap_or_default();
                let value = check.value.as_ref();
                let value = value.map(|value| filled(value, &items[index], row));
                let before: Vec<String> = items[..index].iter().map(text).collect();
                !check.passes(&text(&items[index]), &value.unwrap_or_default(), &before)
            });
            failed.map(|check| check.says.clone())
        };
        (0..items.len()).map(mark).collect()
    }

    /// What stands in a column: nothing where there is no answer.
    pub(crate) fn cell(&self, column: &Column, item: &Answered<'_>, row: &Row<'_>) -> Value {
        match (&column.text, &column.only) {
            _ if item.is_nothing() => Value::Null,
            (Some(text), _) => Value::String(filled(text, item, row)),
            (None, Some(wanted)) => item.only(&column.field, wanted),
            (None, None) => item.cell(&column.field),
        }
    }

    /// The parts of an answer that become rows: one, or each item of a list; at least one.
    pub(crate) fn items<'a>(&self, answer: &'a Value) -> Vec<Answered<'a>> {
        let list = self.each.as_ref().and_then(|each| answer[each].as_array());
        match list {
            Some(list) if !list.is_empty() => list
                .iter()
                .map(|item| Answered::new(item, answer))
                .collect(),
            _ => vec![Answered::new(answer, answer)],
        }
    }
}

/// A template filled with the fields of an answer, and with the row's cells where it has no such field.
fn filled(template: &Template, item: &Answered<'_>, row: &Row<'_>) -> String {
    template.fill(|name| item.text(name).or_else(|| row.text(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const RECIPE: &str = r#"
        title = "Quiz"
        about = "Questions about a text."
        prompt = "Ask two questions about: {text}"
        each = "questions"
        inputs = [{ name = "text", about = "what to ask about" }]
        columns = [{ name = "Question", field = "q" }]
        schema = { type = "object", properties = { questions = { type = "array" }, a = { type = "string" } } }
        checks = [{ field = "q", must = "contain", value = "{text}", says = "off the point" }]
    "#;

    #[test]
    fn a_recipe_asks_and_checks_each_item() {
        let recipe = Recipe::parse("quiz", RECIPE).expect("a recipe");
        let sheet = Sheet::new(vec!["text".into()], vec![vec!["cats".into()]]);
        let row = sheet.row(0);
        assert_eq!(recipe.prompt(&row), "Ask two questions about: cats");
        let good = json!({ "questions": [{ "q": "Why cats?" }, { "q": "Which cats?" }] });
        assert_eq!(recipe.marks(&row, &good), [None, None]);
        let bad = json!({ "questions": [{ "q": "Why cats?" }, { "q": "Why dogs?" }] });
        let marks = recipe.marks(&row, &bad);
        assert_eq!(marks, [None, Some("off the point".to_owned())]);
        let schema = recipe.schema.as_ref().expect("a schema");
        let order: Vec<_> = schema["properties"]
            .as_object()
            .expect("properties")
            .keys()
            .collect();
        assert_eq!(order, ["questions", "a"], "as written");
    }

    #[test]
    fn an_answer_is_held_to_what_its_checks_want() {
        let recipe = crate::find("characters", "en").expect("a recipe");
        let schema = |word: &str| {
            let sheet = Sheet::new(vec!["word".into()], vec![vec![word.into()]]);
            recipe.schema(&sheet.row(0)).expect("a schema")["properties"].take()
        };
        let held = schema("separate");
        let slips = held["wrong"]["enum"].as_array().expect("words");
        assert!(slips.contains(&json!("seperate")) && !slips.contains(&json!("separate")));
        let free = recipe.schema.as_ref().expect("a schema")["properties"].clone();
        assert_eq!(schema(""), free);
        assert_eq!(schema("no word"), free);
    }

    #[test]
    fn a_schema_of_any_shape_is_left_alone() {
        for schema in [
            "true",
            "{ properties = [1] }",
            "{ properties = { questions = 1 } }",
        ] {
            let text = RECIPE.replace("schema = {", "other = {");
            let text = format!("{}\nschema = {schema}", text.replace("other = ", "# "));
            let recipe = Recipe::parse("quiz", &text).expect("a recipe");
            let sheet = Sheet::new(vec!["text".into()], vec![vec!["cats".into()]]);
            assert_eq!(recipe.schema(&sheet.row(0)), recipe.schema);
        }
    }

    #[test]
    fn the_examples_of_recipes_pass_their_own_checks() {
        for entry in crate::shelf() {
            let recipe = Recipe::parse(entry.name, entry.text).expect("a recipe");
            for example in &recipe.examples {
                let cells = example.row.clone().into_iter();
                let cells = cells.map(|(name, text)| (name, Value::from(text)));
                let (columns, cells) = cells.unzip();
                let sheet = Sheet::new(columns, vec![cells]);
                let marks = recipe.marks(&sheet.row(0), &example.answer);
                assert!(
                    marks.iter().all(Option::is_none),
                    "{}: {marks:?} {example:?}",
                    entry.name
                );
            }
        }
    }

    #[test]
    fn what_is_wrong_with_a_recipe_is_named() {
        for (from, to, want) in [
            ("{text}\"\n", "{txt}\"\n", "txt"),
            ("title", "titel", "titel"),
            (
                "columns",
                "examples = [{ row = { test = \"a\" }, answer = \"b\" }]\ncolumns",
                "example",
            ),
            (", value = \"{text}\"", "", "value"),
            ("\"contain\"", "\"rhyme\"", "rhyme"),
        ] {
            let error = Recipe::parse("quiz", &RECIPE.replace(from, to)).expect_err(to);
            assert!(error.to_string().contains(want), "{error}");
        }
        let sheet = Sheet::new(vec!["a".into()], Vec::new());
        let error = Recipe::parse("quiz", RECIPE)
            .expect("a recipe")
            .check_columns(&sheet)
            .expect_err("no text");
        assert!(error.to_string().contains("\"text\""), "{error}");
    }
}
