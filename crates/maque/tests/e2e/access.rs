//! Who gets in, on the real server: every route of README's table without a key and as another person, hosts and origins on
//! a shared address, guests, slow clients.

use crate::command::run;
use crate::server::{Server, open, read_all};
use crate::weights;
use serde_json::{Value, json};
use std::io::Write;
use std::net::{TcpStream, UdpSocket};
use std::time::{Duration, Instant};

/// Routes that answer without a key: any other one that does fails the test.
const PUBLIC: [&str; 5] = [
    "GET /",
    "GET /assets/{*path}",
    "GET /health",
    "GET /livez",
    "POST /maque/join",
];

/// Method and path of every route; `cargo xtask tidy` keeps the table true.
fn routes() -> Vec<(String, String)> {
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

/// Status and body of a request with these header lines.
fn request(
    address: &str,
    method: &str,
    path: &str,
    headers: &[String],
    body: &str,
) -> (u16, String) {
    let lines: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n{lines}\r\n",
        body.len()
    );
    let answer = read_all(open(address, &(head + body)));
    let status = answer.get(9..12).and_then(|status| status.parse().ok());
    (status.unwrap_or(0), answer)
}

/// The same with what a proper JSON client sends, and this key.
fn with_key(server: &Server, method: &str, path: &str, key: &str, body: &Value) -> (u16, Value) {
    let host = format!("127.0.0.1:{}", server.port);
    let headers = [
        format!("Host: {host}"),
        "Content-Type: application/json".to_owned(),
        format!("Authorization: bearer {key}"),
    ];
    let (status, answer) = request(&host, method, path, &headers, &body.to_string());
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

fn two_persons() -> Option<Server> {
    let model = weights::smol()?;
    Some(Server::start(
        &model,
        &["--api-key", "anna", "--api-key", "boris"],
    ))
}

#[test]
fn without_a_key_only_the_public_routes_answer() {
    let Some(server) = two_persons() else { return };
    let host = format!("127.0.0.1:{}", server.port);
    let plain = [
        format!("Host: {host}"),
        "Content-Type: application/json".to_owned(),
    ];
    for (method, path) in routes() {
        let name = format!("{method} {path}");
        let path = path
            .replace("{*path}", "none.js")
            .replace("{id}", "1")
            .replace("{message}", "1");
        let (status, answer) = request(&host, &method, &path, &plain, "{}");
        match PUBLIC.contains(&name.as_str()) {
            true => assert!(
                ![0, 403, 405].contains(&status) && status < 500,
                "{name}: {answer}"
            ),
            false => assert_eq!(status, 401, "{name}: {answer}"),
        }
        let (status, answer) = with_key(&server, &method, &path, "anna", &json!({}));
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
        assert_eq!(
            with_key(&server, "GET", "/v1/models", wrong, &Value::Null).0,
            401,
            "{wrong}"
        );
    }
}

#[test]
fn what_is_annas_is_unknown_to_boris() {
    let Some(server) = two_persons() else { return };
    let anna =
        |method: &str, path: &str, body: Value| with_key(&server, method, path, "anna", &body);
    let boris =
        |method: &str, path: &str, body: Value| with_key(&server, method, path, "boris", &body);
    let (_, made) = anna(
        "POST",
        "/maque/conversations",
        json!({ "title": "canary", "settings": { "max_tokens": 4 } }),
    );
    let conversation = made["id"].as_i64().expect("an id");
    let asked = anna(
        "POST",
        &format!("/maque/conversations/{conversation}/messages"),
        json!({ "content": "canary", "stream": false }),
    );
    let message = asked.1["question"]["id"].as_i64().expect("an id");
    let (_, persona) = anna(
        "POST",
        "/maque/personas",
        json!({ "name": "canary", "prompt": "canary" }),
    );
    let (_, key) = anna("POST", "/maque/keys", json!({ "name": "canary" }));
    let everything = || {
        let of = |path: &str| anna("GET", path, Value::Null).1;
        [
            of(&format!("/maque/conversations/{conversation}")),
            of("/maque/personas"),
            of("/maque/keys"),
            of("/maque/people"),
        ]
    };
    let before = everything();
    for (method, path) in routes()
        .into_iter()
        .filter(|(_, path)| path.starts_with("/maque/"))
    {
        let id = match path.split('/').nth(2) {
            Some("conversations") => conversation,
            Some("personas") => persona["id"].as_i64().expect("an id"),
            Some("keys") => key["id"].as_i64().expect("an id"),
            _ => 1,
        };
        let real = path
            .replace("{id}", &id.to_string())
            .replace("{message}", &message.to_string());
        let body = match path.rsplit('/').next() {
            Some("messages" | "edit") => json!({ "content": "mine now", "stream": false }),
            Some("regenerate") => json!({ "stream": false }),
            _ => json!({}),
        };
        let (status, answer) = boris(&method, &real, body);
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
    assert_eq!(json!(before), json!(everything()));
    for path in [
        "/maque/conversations?q=canary",
        "/maque/conversations?q=ca",
        "/maque/personas",
        "/maque/conversations",
    ] {
        let (status, answer) = boris("GET", path, Value::Null);
        assert!(
            status == 200 && !answer.to_string().contains("canary"),
            "{path}: {answer}"
        );
    }
}

/// An address of this machine that is not loopback: asked of the routing table, nothing is sent.
fn own_address() -> Option<String> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then(|| address.to_string())
}

#[test]
fn hosts_and_origins_are_exact_on_a_shared_address() {
    let Some(model) = weights::smol() else { return };
    let lan = own_address().unwrap_or_else(|| "127.0.0.2".to_owned());
    let server = Server::start(&model, &["--share", "--host", &lan, "--api-key", "anna"]);
    let port = server.port;
    let own = [format!("{lan}:{port}"), format!("127.0.0.1:{port}")];
    let get =
        |address: &str, path: &str, lines: &[String]| request(address, "GET", path, lines, "").0;
    for address in &own {
        let key = "x-api-key: anna".to_owned();
        let host = |host: &str| vec![format!("Host: {host}"), key.clone()];
        assert_eq!(get(address, "/v1/models", &host(address)), 200, "{address}");
        for wrong in [
            "evil.example",
            "evil.local",
            "x.internal",
            "localhost.evil.example",
            "127.0.0.1.nip.io",
            "localhost.",
            "user@localhost",
            "0.0.0.0",
            "[::]",
            "192.0.2.77",
        ] {
            let wrong = format!("{wrong}:{port}");
            assert_eq!(
                get(address, "/v1/models", &host(&wrong)),
                403,
                "{address} {wrong}"
            );
        }
        for lines in [
            vec![key.clone()],
            [host(address), vec!["Host: evil.example".to_owned()]].concat(),
            host(&format!("{lan}:1")),
        ] {
            assert!(
                [400, 403].contains(&get(address, "/v1/models", &lines)),
                "{address} {lines:?}"
            );
        }
        assert_eq!(
            get(
                address,
                &format!("http://{address}/v1/models"),
                &host(address)
            ),
            200
        );
        assert!([400, 403].contains(&get(
            address,
            "http://evil.example/v1/models",
            &host(address)
        )));
        for (method, path) in routes() {
            let path = path
                .replace("{*path}", "none.js")
                .replace("{id}", "1")
                .replace("{message}", "1");
            for origin in [
                "http://evil.example",
                "null",
                "file://",
                "vscode-webview://x",
            ] {
                let lines = [
                    host(address),
                    vec![
                        format!("Origin: {origin}"),
                        "Content-Type: application/json".to_owned(),
                    ],
                ]
                .concat();
                let (status, answer) = request(address, &method, &path, &lines, "{}");
                assert_eq!(status, 403, "{method} {path} {origin}");
                assert!(
                    !answer.to_ascii_lowercase().contains("access-control-"),
                    "{answer}"
                );
            }
        }
        let lines = [host(address), vec![format!("Origin: http://{address}")]].concat();
        assert_eq!(get(address, "/v1/models", &lines), 200);
        let form = [host(address), vec!["Content-Type: text/plain".to_owned()]].concat();
        assert_eq!(
            request(address, "POST", "/maque/conversations", &form, "{}").0,
            415
        );
    }
    let crossed = vec![
        format!("Host: localhost:{port}"),
        "x-api-key: anna".to_owned(),
    ];
    if !lan.starts_with("127.") {
        assert_eq!(
            get(&own[0], "/v1/models", &crossed),
            403,
            "localhost is no name of the shared address"
        );
    }
}

#[test]
fn a_guest_comes_in_by_invitation_and_guessing_is_stopped() {
    let Some(model) = weights::smol() else { return };
    let lan = own_address().unwrap_or_else(|| "127.0.0.2".to_owned());
    let server = Server::start(&model, &["--share", "--host", &lan]);
    let address = format!("{lan}:{}", server.port);
    let ran = run(&mut server.home.maque(&["invite"]), b"");
    assert_eq!(ran.code, 0, "{ran:?}");
    let code = ran
        .stdout
        .split("#join=")
        .nth(1)
        .expect("a link")
        .lines()
        .next()
        .expect("a code")
        .to_owned();
    let lines = |more: &str| {
        vec![
            format!("Host: {address}"),
            "Content-Type: application/json".to_owned(),
            more.to_owned(),
        ]
    };
    let join = |code: &str| {
        request(
            &address,
            "POST",
            "/maque/join",
            &lines("Accept: */*"),
            &json!({ "code": code, "name": "Li" }).to_string(),
        )
    };
    let (status, answer) = join(&code);
    assert_eq!(status, 200, "{answer}");
    let cookie = answer
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "))
        .expect("a cookie");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    let cookie = format!("Cookie: {}", cookie.split(';').next().expect("a pair"));
    let (status, me) = request(&address, "GET", "/maque/me", &lines(&cookie), "");
    assert!(status == 200 && me.contains("\"user\""), "{me}");
    assert_eq!(
        request(
            &address,
            "POST",
            "/maque/invitations",
            &lines(&cookie),
            "{}"
        )
        .0,
        403
    );
    assert_eq!(
        request(
            &address,
            "POST",
            "/maque/conversations",
            &lines(&cookie),
            "{}"
        )
        .0,
        201
    );
    let ask = run(
        &mut server
            .home
            .qwen(&["--temperature", "0", "Name the capital of France."]),
        b"",
    );
    assert!(
        ask.code == 0 && ask.stdout.contains("Paris"),
        "this user's own programs have a key: {ask:?}"
    );
    let statuses: Vec<u16> = (0..12).map(|_| join(&code).0).collect();
    assert_eq!(
        (statuses[0], statuses[11]),
        (401, 429),
        "used once, then refused: {statuses:?}"
    );
    assert_eq!(
        request(&address, "GET", "/maque/me", &lines(&cookie), "").0,
        200,
        "who is in stays in"
    );
    assert_eq!(
        request(&address, "POST", "/maque/leave", &lines(&cookie), "{}").0,
        204
    );
    assert_eq!(
        request(&address, "GET", "/maque/me", &lines(&cookie), "").0,
        401
    );
}

#[test]
fn slow_clients_are_let_go_and_others_do_not_notice() {
    let Some(model) = weights::smol() else { return };
    let server = Server::start(&model, &[]);
    let address = format!("127.0.0.1:{}", server.port);
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{{"
    );
    let files = || {
        std::fs::read_dir(format!("/proc/{}/fd", server.pid()))
            .expect("a process")
            .count()
    };
    let before = files();
    let mut slow: Vec<TcpStream> = Vec::new();
    for _ in 0..30 {
        slow.push(open(&address, "")); // says nothing
        slow.push(open(&address, "GET /health HTTP/1.1\r\nHo")); // half a head
        slow.push(open(&address, &head)); // a body that does not come
    }
    let idle = open(
        &address,
        &format!("GET /health HTTP/1.1\r\nHost: {address}\r\n\r\n"),
    ); // kept alive, says nothing more
    let start = Instant::now();
    let mut worst = Duration::ZERO;
    while start.elapsed() < Duration::from_secs(12) {
        let asked = Instant::now();
        assert_eq!(server.get("/health").expect("an answer").0, 200);
        worst = worst.max(asked.elapsed());
        for stream in slow.iter_mut().skip(1).step_by(3) {
            let _ = stream.write_all(b"s"); // dribbles on
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    crate::command::until("the slow to be let go", || {
        (files() <= before + 2).then_some(())
    });
    assert!(
        start.elapsed() < Duration::from_secs(30),
        "{:?}",
        start.elapsed()
    );
    assert!(
        worst < Duration::from_secs(1),
        "a normal client waited {worst:?}"
    );
    assert!(read_all(idle).starts_with("HTTP/1.1 200"));
    for stream in slow {
        let answer = read_all(stream);
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 408"),
            "{answer}"
        );
    }
}
