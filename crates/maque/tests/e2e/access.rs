//! Every route of README's table, without a key and as another person.

use crate::server::Server;
use crate::weights;
use crate::wire::{filled, lines, request, routes, with_key};
use serde_json::{Value, json};

/// Routes that answer without a key: any other one that does fails the test.
const PUBLIC: [&str; 8] = [
    "GET /",
    "GET /c/{id}",
    "GET /ask",
    "GET /admin",
    "GET /assets/{*path}",
    "GET /health",
    "GET /livez",
    "POST /maque/join",
];

fn two_persons() -> Option<Server> {
    let model = weights::smol()?;
    let keys = ["--api-key", "anna", "--api-key", "boris"];
    Some(Server::start(&model, &keys))
}

#[test]
fn without_a_key_only_the_public_routes_answer() {
    let Some(server) = two_persons() else { return };
    let host = format!("127.0.0.1:{}", server.port);
    for (method, path) in routes() {
        let name = format!("{method} {path}");
        let path = filled(&path, 1, 1);
        let (status, answer) = request(&host, &method, &path, &lines(&host, ""), "{}");
        match PUBLIC.contains(&name.as_str()) {
            true => assert!(
                ![0, 403, 405].contains(&status) && status < 500,
                "{name}: {answer}"
            ),
            false => assert_eq!(status, 401, "{name}: {answer}"),
        }
        let (status, answer) = with_key(&server, "anna", &method, &path, &json!({}));
        assert!(
            ![0, 403, 405].contains(&status) && status < 500,
            "{name}: {answer}"
        );
        assert!(
            status != 401 || name == "POST /maque/join",
            "{name}: {answer}"
        );
    }
    for wrong in ["Anna", "ann", "annaa", "null"] {
        let (status, _) = with_key(&server, wrong, "GET", "/v1/models", &Value::Null);
        assert_eq!(status, 401, "{wrong}");
    }
}

/// What Anna has: a conversation with a question, a persona, a prompt, a key.
struct Belongings<'a> {
    server: &'a Server,
    conversation: i64,
    message: i64,
    persona: i64,
    prompt: i64,
    key: i64,
}

impl Belongings<'_> {
    fn make(server: &Server) -> Belongings<'_> {
        let post = |path: &str, body: Value| with_key(server, "anna", "POST", path, &body).1;
        let id = |made: &Value| made["id"].as_i64().expect("an id");
        let settings = json!({ "max_tokens": 4 });
        let conversation = id(&post(
            "/maque/conversations",
            json!({ "title": "canary", "settings": settings }),
        ));
        let path = format!("/maque/conversations/{conversation}/messages");
        let asked = post(&path, json!({ "content": "canary", "stream": false }));
        Belongings {
            server,
            conversation,
            message: id(&asked["question"]),
            persona: id(&post(
                "/maque/personas",
                json!({ "name": "canary", "prompt": "canary" }),
            )),
            prompt: id(&post("/maque/prompts", json!({ "prompt": "canary" }))),
            key: id(&post("/maque/keys", json!({ "name": "canary" }))),
        }
    }

    /// A route's path that leads to one of them.
    fn aim(&self, path: &str) -> String {
        let id = match path.split('/').nth(2) {
            Some("conversations") => self.conversation,
            Some("personas") => self.persona,
            Some("prompts") => self.prompt,
            Some("keys") => self.key,
            _ => 1,
        };
        filled(path, id, self.message)
    }

    /// All of them as Anna sees them.
    fn seen(&self) -> Vec<Value> {
        let conversation = format!("/maque/conversations/{}", self.conversation);
        let paths = [
            &conversation,
            "/maque/conversations",
            "/maque/personas",
            "/maque/prompts",
            "/maque/keys",
            "/maque/people",
        ];
        let see = |path: &str| with_key(self.server, "anna", "GET", path, &Value::Null).1;
        let mut seen: Vec<Value> = paths.into_iter().map(see).collect();
        let people = seen.last_mut().expect("the people");
        people["people"][1]["bytes"].take(); // Boris may begin conversations of his own
        seen
    }
}

#[test]
fn what_is_annas_is_unknown_to_boris() {
    let Some(server) = two_persons() else { return };
    let belongings = Belongings::make(&server);
    let before = belongings.seen();
    assert!(json!(before).to_string().matches("canary").count() >= 5);
    for (method, path) in routes()
        .into_iter()
        .filter(|(_, path)| path.starts_with("/maque/"))
    {
        let body = match path.rsplit('/').next() {
            Some("messages" | "edit") => json!({ "content": "mine now", "stream": false }),
            Some("regenerate" | "continue") => json!({ "stream": false }),
            _ => json!({}),
        };
        let (status, answer) = with_key(&server, "boris", &method, &belongings.aim(&path), &body);
        let is_admin = path.starts_with("/maque/people") || path == "/maque/invitations";
        match () {
            () if is_admin => assert_eq!(status, 403, "{method} {path}: {answer}"),
            () if path.contains("{id}") => assert_eq!(status, 404, "{method} {path}: {answer}"),
            () => assert!(
                !answer.to_string().contains("canary"),
                "{method} {path}: {answer}"
            ),
        }
    }
    assert_eq!(before, belongings.seen());
    for query in ["canary", "ca"] {
        let path = format!("/maque/conversations?q={query}");
        let (status, answer) = with_key(&server, "boris", "GET", &path, &Value::Null);
        assert_eq!(
            (status, &answer["conversations"]),
            (200, &json!([])),
            "{query}"
        );
    }
}
