//! OpenAI's batch files: requests in, responses out, a line of JSON each.
//!
//! The format is that of <https://platform.openai.com/docs/guides/batch>: `custom_id`, `method`, `url` and `body` in;
//! `id`, `custom_id`, `response` and `error` out.

use serde_json::{Map, Value, json};
use std::collections::HashSet;
use std::fmt;

/// Requests of one file at most; OpenAI's own limit.
const MAX_REQUESTS: usize = 50_000;
/// Characters of a `custom_id` at most.
const MAX_ID: usize = 512;

/// Which route answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// `/v1/chat/completions`
    Chat,
    /// `/v1/completions`
    Completions,
}

/// One request of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The client's own name for it.
    pub custom_id: String,
    /// Which route answers.
    pub endpoint: Endpoint,
    /// What is asked, never streamed.
    pub body: Value,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineError {
    /// The line, from 1.
    pub line: usize,
    /// The field that is wrong, if one is.
    pub field: Option<&'static str>,
    /// What it must be.
    pub message: String,
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LineError {
            line,
            field,
            message,
        } = self;
        match field {
            Some(field) => write!(f, "line {line}: {field} {message}"),
            None => write!(f, "line {line}: {message}"),
        }
    }
}

impl Endpoint {
    /// Its path.
    pub fn path(self) -> &'static str {
        match self {
            Endpoint::Chat => "/v1/chat/completions",
            Endpoint::Completions => "/v1/completions",
        }
    }

    /// The route of a path.
    pub fn of(path: &str) -> Option<Endpoint> {
        [Endpoint::Chat, Endpoint::Completions]
            .into_iter()
            .find(|endpoint| endpoint.path() == path)
    }
}

/// The requests of a file, in order; an error names the first line that is wrong.
pub fn requests(text: &str) -> Result<Vec<Request>, LineError> {
    let mut seen = HashSet::new();
    let mut requests = Vec::new();
    let lines = (1..).zip(text.trim_start_matches('\u{feff}').lines());
    for (line, text) in lines.filter(|(_, text)| !text.trim().is_empty()) {
        let wrong = |field, message: &str| LineError {
            line,
            field,
            message: message.to_owned(),
        };
        let request = request(text).map_err(|(field, message)| wrong(field, &message))?;
        if !seen.insert(request.custom_id.clone()) {
            return Err(wrong(Some("custom_id"), "must be another one in each line"));
        }
        if MAX_REQUESTS == requests.len() {
            return Err(wrong(
                None,
                &format!("there may be {MAX_REQUESTS} lines at most; split the file"),
            ));
        }
        requests.push(request);
    }
    match requests.is_empty() {
        true => Err(LineError {
            line: 1,
            field: None,
            message: "the file holds no request".to_owned(),
        }),
        false => Ok(requests),
    }
}

fn request(line: &str) -> Result<Request, (Option<&'static str>, String)> {
    let wrong = |field, must: &str| (Some(field), must.to_owned());
    let mut fields: Map<String, Value> = serde_json::from_str(line)
        .map_err(|error| (None, format!("is no JSON object: {error}")))?;
    let custom_id = fields.get("custom_id").and_then(Value::as_str);
    let custom_id = custom_id.filter(|id| (1..=MAX_ID).contains(&id.chars().count()));
    let custom_id = custom_id
        .ok_or_else(|| wrong("custom_id", "must be a text of 1 to 512 characters"))?
        .to_owned();
    if fields.get("method").is_some_and(|method| method != "POST") {
        return Err(wrong("method", "must be POST"));
    }
    let endpoint = fields
        .get("url")
        .and_then(Value::as_str)
        .and_then(Endpoint::of);
    let endpoint =
        endpoint.ok_or_else(|| wrong("url", "must be /v1/chat/completions or /v1/completions"))?;
    let Some(Value::Object(mut body)) = fields.remove("body") else {
        return Err(wrong("body", "must be an object"));
    };
    if body.remove("stream").is_some_and(|stream| stream != false) {
        return Err(wrong("body.stream", "must be false or left out"));
    }
    Ok(Request {
        custom_id,
        endpoint,
        body: Value::Object(body),
    })
}

/// The line of a request that was answered, or refused, with this status.
pub fn response(id: &str, custom_id: &str, status: u16, body: &Value) -> Value {
    json!({
        "id": format!("batch_req_{id}"),
        "custom_id": custom_id,
        "response": { "status_code": status, "request_id": format!("req_{id}"), "body": body },
        "error": null,
    })
}

/// The line of a request that was not asked.
pub fn failure(id: &str, custom_id: &str, code: &str, message: &str) -> Value {
    json!({
        "id": format!("batch_req_{id}"),
        "custom_id": custom_id,
        "response": null,
        "error": { "code": code, "message": message },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[]}}"#;

    #[test]
    fn requests_are_read_in_order() {
        let text = format!(
            "{LINE}\n\n{}\n",
            LINE.replace("\"a\"", "\"b\"").replace("chat/", "")
        );
        let read = requests(&text).expect("two requests");
        let shown: Vec<_> = read
            .iter()
            .map(|request| (request.custom_id.as_str(), request.endpoint.path()))
            .collect();
        assert_eq!(
            shown,
            [("a", "/v1/chat/completions"), ("b", "/v1/completions")]
        );
    }

    #[test]
    fn the_line_and_the_field_that_are_wrong_are_named() {
        for (from, to, line, field) in [
            ("\"a\"", "7", 2, Some("custom_id")),
            ("\"a\"", "\"\"", 2, Some("custom_id")),
            ("POST", "GET", 2, Some("method")),
            ("/v1/chat", "/v2/chat", 2, Some("url")),
            ("{\"model\":\"m\",\"messages\":[]}", "[]", 2, Some("body")),
            ("\"m\",", "\"m\",\"stream\":true,", 2, Some("body.stream")),
            ("{\"custom_id\"", "\"custom_id\"", 2, None),
        ] {
            let text = format!(
                "{}\n{}",
                LINE.replace("\"a\"", "\"first\""),
                LINE.replace(from, to)
            );
            let error = requests(&text).expect_err(to);
            assert_eq!((error.line, error.field), (line, field), "{to}");
        }
        assert_eq!(
            requests(&format!("{LINE}\n{LINE}"))
                .expect_err("twice")
                .field,
            Some("custom_id")
        );
        assert!(requests(" \n").is_err());
    }
}
