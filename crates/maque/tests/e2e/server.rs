//! `maque serve` under test, and requests to it.

use crate::command::{Home, Ran, signal, spawn, until, wait};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Child;
use std::time::Duration;

/// A server on a port of its own; dropping it ends it.
pub(crate) struct Server {
    pub(crate) home: Home,
    pub(crate) port: u16,
    child: Option<Child>,
}

impl Server {
    /// Starts and waits until the model is ready.
    pub(crate) fn start(model: &Path, more: &[&str]) -> Server {
        Server::start_with(model, more, &[])
    }

    /// The same, with these environment variables.
    pub(crate) fn start_with(model: &Path, more: &[&str], variables: &[(&str, &str)]) -> Server {
        let model = model.to_str().expect("a UTF-8 path");
        let server = Server::launch(Home::new(), model, more, variables);
        until("the model to be ready", || {
            server.get("/health").filter(|(status, _)| *status == 200)
        });
        server
    }

    /// Starts in `home` with a model's name or path, not waiting for anything.
    pub(crate) fn launch(
        home: Home,
        model: &str,
        more: &[&str],
        variables: &[(&str, &str)],
    ) -> Server {
        let port = free_port();
        let number = port.to_string();
        let mut arguments = vec!["serve", "--no-open", "--port", &number, "--model", model];
        arguments.extend(more);
        let child = spawn(home.maque(&arguments).envs(variables.iter().copied()));
        Server {
            home,
            port,
            child: Some(child),
        }
    }

    /// A GET's status and JSON; `None` while nobody listens.
    pub(crate) fn get(&self, path: &str) -> Option<(u16, Value)> {
        let mut response = agent().get(self.url(path)).call().ok()?;
        let body = response.body_mut().read_to_string().ok()?;
        Some((
            response.status().as_u16(),
            serde_json::from_str(&body).unwrap_or(Value::Null),
        ))
    }

    /// A POST's status and JSON.
    pub(crate) fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let mut response = agent()
            .post(self.url(path))
            .send_json(body)
            .expect("an answer");
        let body = response.body_mut().read_to_string().expect("a body");
        (
            response.status().as_u16(),
            serde_json::from_str(&body).expect("JSON"),
        )
    }

    /// A chat answer at once.
    pub(crate) fn chat(&self, body: &Value) -> Value {
        let (status, answer) = self.post("/v1/chat/completions", body);
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// The text of a chat answer that is streamed.
    pub(crate) fn chat_streamed(&self, body: &Value) -> String {
        let mut body = body.clone();
        body["stream"] = json!(true);
        let response = agent()
            .post(self.url("/v1/chat/completions"))
            .send_json(&body)
            .expect("an answer");
        let lines = BufReader::new(response.into_body().into_reader()).lines();
        let data = lines
            .map(|line| line.expect("UTF-8"))
            .filter_map(|line| line.strip_prefix("data: ").map(str::to_owned));
        let chunks = data.filter_map(|data| serde_json::from_str::<Value>(&data).ok());
        chunks
            .map(|chunk| {
                chunk["choices"][0]["delta"]["content"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect()
    }

    /// Sends a chat request and hands over the open connection; dropping it closes it.
    pub(crate) fn open_chat(&self, body: &Value) -> TcpStream {
        let body = body.to_string();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("a connection");
        let head = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.port,
            body.len()
        );
        stream
            .write_all((head + &body).as_bytes())
            .expect("written");
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .expect("a time-out");
        stream
    }

    /// Processor time used so far, user and system.
    pub(crate) fn cpu_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid()))
            .expect("a living process");
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .expect("a name")
            .split_whitespace()
            .collect();
        let ticks: u64 = fields[11..13]
            .iter()
            .map(|field| field.parse::<u64>().expect("ticks"))
            .sum();
        Duration::from_millis(ticks * 10) // USER_HZ is 100 on every Linux that Rust runs on
    }

    /// The most memory it ever had, in bytes.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()))
            .expect("a living process");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = peak.expect("a peak").trim().trim_end_matches(" kB");
        1024 * kib.parse::<u64>().expect("a number")
    }

    fn pid(&self) -> u32 {
        self.child.as_ref().expect("a child").id()
    }

    /// Asks it to end and waits for that.
    pub(crate) fn stop(mut self) -> Ran {
        let child = self.child.take().expect("a child");
        signal(&child, Signal::TERM);
        wait(child, Duration::from_secs(20))
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Reads until the stream holds `text`.
pub(crate) fn read_until(stream: &mut TcpStream, text: &str) {
    let mut all = Vec::new();
    while !String::from_utf8_lossy(&all).contains(text) {
        let mut piece = [0; 4096];
        let n = stream.read(&mut piece).expect("bytes in time");
        assert_ne!(
            n,
            0,
            "the stream ended before {text:?}: {}",
            String::from_utf8_lossy(&all)
        );
        all.extend_from_slice(&piece[..n]);
    }
}

/// A chat request of one user turn.
pub(crate) fn question(text: &str, max_tokens: usize) -> Value {
    json!({ "model": "default", "messages": [{ "role": "user", "content": text }], "max_tokens": max_tokens })
}

/// The text of an answer.
pub(crate) fn text(answer: &Value) -> &str {
    answer["choices"][0]["message"]["content"]
        .as_str()
        .expect("a text")
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(120)));
    config.build().into()
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port()
}
