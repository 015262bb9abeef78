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
        Server::launch(Home::new(), path(model), more, variables).ready()
    }

    /// Waits until the model is ready.
    pub(crate) fn ready(self) -> Server {
        until("the model to be ready", || {
            self.get("/health").filter(|(status, _)| *status == 200)
        });
        self
    }

    /// Starts on a home that another server left, and waits until the model is ready.
    pub(crate) fn start_in(home: Home, model: &Path, more: &[&str]) -> Server {
        Server::launch(home, path(model), more, &[]).ready()
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

    /// The status and JSON of any request.
    pub(crate) fn send(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let answer = read_all(self.open(method, path, Some(body)));
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let status = head[9..12].parse().expect("a status");
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    /// The body of a GET as it is.
    pub(crate) fn text(&self, path: &str) -> String {
        let mut response = agent().get(self.url(path)).call().expect("an answer");
        response.body_mut().read_to_string().expect("a body")
    }

    /// Sends a request and hands over the open connection; dropping it closes it.
    pub(crate) fn open(&self, method: &str, path: &str, body: Option<&Value>) -> TcpStream {
        let body = body.map_or(String::new(), Value::to_string);
        let kind = "Content-Type: application/json\r\nConnection: close";
        let host = format!("127.0.0.1:{}", self.port);
        let length = body.len();
        open(
            &host,
            &format!(
                "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{kind}\r\nContent-Length: {length}\r\n\r\n{body}"
            ),
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
        self.open("POST", "/v1/chat/completions", Some(body))
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

    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().expect("a child").id()
    }

    /// Kills it at once, and hands over its home.
    pub(crate) fn kill(mut self) -> Home {
        let mut child = self.child.take().expect("a child");
        child.kill().expect("the child lives");
        child.wait().expect("the child ended");
        std::mem::replace(&mut self.home, Home::new())
    }

    /// Asks it to end and waits for that.
    pub(crate) fn stop(self) -> Ran {
        self.stop_keeping().0
    }

    /// The same, handing over its home.
    pub(crate) fn stop_keeping(mut self) -> (Ran, Home) {
        let child = self.child.take().expect("a child");
        signal(&child, Signal::TERM);
        let ran = wait(child, Duration::from_secs(20));
        (ran, std::mem::replace(&mut self.home, Home::new()))
    }

    /// The address of a path.
    pub(crate) fn url(&self, path: &str) -> String {
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

/// Connects and sends these bytes.
pub(crate) fn open(address: &str, bytes: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.write_all(bytes.as_bytes()).expect("written");
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .expect("a time-out");
    stream
}

/// Everything until the server closes.
pub(crate) fn read_all(mut stream: TcpStream) -> String {
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all); // a reset is an end as well
    String::from_utf8_lossy(&all).into_owned()
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

fn path(model: &Path) -> &str {
    model.to_str().expect("a UTF-8 path")
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port()
}
