//! Personas by name: those that come with the page, and one's own where a server keeps them.

use crate::client::Client;
use crate::exit::Problem;
use crate::say::Say;
use serde::Deserialize;

/// The page's own, in one file for both.
const BUILT_IN: &str = include_str!("../../../web/src/settings/personas.json");

/// A name and the system prompt that it stands for.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Persona {
    pub(crate) name: String,
    pub(crate) prompt: String,
}

#[derive(Deserialize)]
struct BuiltIn {
    zh: Vec<Persona>,
    en: Vec<Persona>,
}

#[derive(Deserialize)]
struct Kept {
    personas: Vec<Persona>,
}

/// All there are: those of the running server first, then the built-in ones.
pub(crate) async fn all(server: Option<&Client>) -> Vec<Persona> {
    let mut personas = match server {
        Some(client) => kept(client).await.unwrap_or_default(),
        None => Vec::new(),
    };
    personas.extend(built_in());
    personas
}

/// The one of this name, however its letters are written.
pub(crate) fn named<'a>(personas: &'a [Persona], name: &str) -> Result<&'a Persona, Problem> {
    let is_it = |persona: &&Persona| persona.name.to_lowercase() == name.to_lowercase();
    personas.iter().find(is_it).ok_or_else(|| {
        let known = names(personas);
        let name = name.to_owned();
        Problem::usage(Say::PersonaUnknown { name, known })
    })
}

/// Their names, for people.
pub(crate) fn names(personas: &[Persona]) -> String {
    let names: Vec<&str> = personas.iter().map(|one| one.name.as_str()).collect();
    names.join(", ")
}

fn built_in() -> Vec<Persona> {
    let BuiltIn { zh, en } =
        serde_json::from_str(BUILT_IN).expect("a file of this repository, read in a test");
    zh.into_iter().chain(en).collect()
}

async fn kept(client: &Client) -> anyhow::Result<Vec<Persona>> {
    let (_, body) = client.get("/maque/personas").await?;
    Ok(serde_json::from_slice::<Kept>(&body)?.personas)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_persona_is_found_by_its_name() {
        let personas = built_in();
        let found = named(&personas, "senior FRONT-END engineer").expect("built in");
        assert!(found.prompt.contains("TypeScript"));
        assert!(named(&personas, "会议纪要").is_ok());
        let problem = named(&personas, "nobody").expect_err("unknown").to_string();
        assert!(
            problem.contains("nobody") && problem.contains("会议纪要"),
            "{problem}"
        );
    }
}
