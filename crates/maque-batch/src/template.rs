//! Text with places for cells: `{column}`; a brace itself is written twice.

use serde::Deserialize;

/// A text with places.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Template {
    source: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Place(String),
}

impl Template {
    /// Reads a template, or says what is wrong with it.
    pub(crate) fn parse(source: &str) -> Result<Template, String> {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut rest = source;
        while let Some(at) = rest.find(['{', '}']) {
            text.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                text.push_str(brace);
                rest = after;
                continue;
            }
            let end = rest.find('}').filter(|_| brace == "{");
            let end = end.ok_or_else(|| {
                format!("{brace} has no partner; a brace itself is written twice: {brace}{brace}")
            })?;
            let name = rest[..end].trim();
            if name.is_empty() || name.contains(['{', '\n']) {
                return Err(format!(
                    "{{{name}}} names no column; a brace itself is written twice: {{{{"
                ));
            }
            parts.push(Part::Text(std::mem::take(&mut text)));
            parts.push(Part::Place(name.to_owned()));
            rest = &rest[end + 1..];
        }
        text.push_str(rest);
        parts.push(Part::Text(text));
        Ok(Template {
            source: source.to_owned(),
            parts,
        })
    }

    /// As it was written.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// The names of its places, in order, each once.
    pub(crate) fn places(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for part in &self.parts {
            if let Part::Place(name) = part
                && !names.contains(&name.as_str())
            {
                names.push(name.as_str());
            }
        }
        names
    }

    /// The text with its places filled; what is filled in is not read again.
    pub(crate) fn fill(&self, cell: impl Fn(&str) -> Option<String>) -> String {
        let filled = self.parts.iter().map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Place(name) => cell(name).unwrap_or_default(),
        });
        filled.collect()
    }
}

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(source: String) -> Result<Template, String> {
        Template::parse(&source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_and_doubled_braces_are_braces() {
        let template = Template::parse("{{\"a\": \"{ 诗 }\"}} {诗}{b}").expect("a template");
        assert_eq!(template.places(), ["诗", "b"]);
        let filled = template.fill(|name| Some(format!("<{name} {{b}}>")));
        assert_eq!(filled, "{\"a\": \"<诗 {b}>\"} <诗 {b}><b {b}>");
    }

    #[test]
    fn a_brace_without_a_partner_is_named() {
        for wrong in ["a {b", "a } b", "{}", "{a{b}"] {
            assert!(Template::parse(wrong).is_err(), "{wrong}");
        }
    }
}
