//! Requests as a client of any kind could send them: every header line is the test's own.

use crate::server::{Server, open, read_all};
use serde_json::Value;

/// Status and whole answer of a request with these header lines.
pub(crate) fn request(
    address: &str,
    method: &str,
    path: &str,
    lines: &[String],
    body: &str,
) -> (u16, String) {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {length}\r\n{lines}\r\n"
    );
    let answer = read_all(open(address, &(head + body)));
    let status = answer.get(9..12).and_then(|status| status.parse().ok());
    (status.unwrap_or(0), answer)
}

/// Header lines of a JSON client of this host, and one more.
pub(crate) fn lines(host: &str, more: &str) -> Vec<String> {
    let lines = [
        &format!("Host: {host}"),
        "Content-Type: application/json",
        more,
    ];
    lines
        .into_iter()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Status and JSON of a request with this key.
pub(crate) fn with_key(
    server: &Server,
    key: &str,
    method: &str,
    path: &str,
    body: &Value,
) -> (u16, Value) {
    let host = format!("127.0.0.1:{}", server.port);
    let lines = lines(&host, &format!("Authorization: bearer {key}"));
    let (status, answer) = request(&host, method, path, &lines, &body.to_string());
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

/// Method and path of every route, as README's table has them; `cargo xtask tidy` keeps the table true.
pub(crate) fn routes() -> Vec<(String, String)> {
    let page = include_str!("../../../../README.md");
    let cells = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let pairs = cells.filter_map(|(cell, _)| cell.split_once(" /"));
    let routes: Vec<(String, String)> = pairs
        .map(|(method, path)| (method.to_owned(), format!("/{path}")))
        .collect();
    assert!(30 < routes.len(), "{routes:?}");
    routes
}

/// A route's path with something in each place.
pub(crate) fn filled(path: &str, id: i64, message: i64) -> String {
    path.replace("{*path}", "none.js")
        .replace("{id}", &id.to_string())
        .replace("{name}", "none:1b")
        .replace("{message}", &message.to_string())
}
