//! A server that is shared: exact hosts and origins on its addresses, guests who come in by invitation.

use crate::command::run;
use crate::server::Server;
use crate::weights;
use crate::wire::{filled, lines, request, routes};
use serde_json::{Value, json};
use std::io::Read;
use std::net::{TcpStream, UdpSocket};

/// An address of this machine that is not loopback: asked of the routing table, nothing is sent.
fn own_address() -> Option<String> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then(|| address.to_string())
}

/// A server that is shared on an own address, if this machine has one, with its addresses there and on loopback.
pub(crate) fn shared(more: &[&str]) -> Option<(Server, [String; 2])> {
    let (model, lan) = (weights::smol()?, own_address()?);
    let flags = [&["--share", "--host", &lan], more].concat();
    let server = Server::start(&model, &flags);
    let addresses = [lan.as_str(), "127.0.0.1"].map(|host| format!("{host}:{}", server.port));
    Some((server, addresses))
}

#[test]
fn hosts_are_exact_on_every_address() {
    let Some((server, addresses)) = shared(&["--api-key", "anna"]) else {
        return;
    };
    let port = server.port;
    for (address, other) in addresses.iter().zip(addresses.iter().rev()) {
        let get = |target: &str, more: &[&str]| {
            let lines = ["x-api-key: anna"]
                .iter()
                .chain(more)
                .map(|line| (*line).to_owned());
            request(address, "GET", target, &lines.collect::<Vec<_>>(), "").0
        };
        let own = format!("Host: {address}");
        assert_eq!(get("/v1/models", &[&own]), 200, "{address}");
        assert_eq!(
            get(&format!("http://{address}/v1/models"), &[&own]),
            200,
            "{address}"
        );
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
            assert_eq!(
                get("/v1/models", &[&format!("Host: {wrong}:{port}")]),
                403,
                "{address} {wrong}"
            );
        }
        assert_eq!(
            get("/v1/models", &[&format!("Host: {other}")]),
            403,
            "the other address is not this one"
        );
        for lines in [
            &[] as &[&str],
            &[&own, "Host: evil.example"],
            &[&own, &own],
            &["Host: localhost:1"],
        ] {
            assert!(
                [400, 403].contains(&get("/v1/models", lines)),
                "{address} {lines:?}"
            );
        }
        assert!([400, 403].contains(&get("http://evil.example/v1/models", &[&own])));
    }
}

#[test]
fn pages_of_other_sites_are_refused_on_every_route() {
    let Some((_server, addresses)) = shared(&["--api-key", "anna"]) else {
        return;
    };
    for address in &addresses {
        for (method, path) in routes() {
            let path = filled(&path, 1, 1);
            for origin in [
                "http://evil.example",
                "null",
                "file://",
                "vscode-webview://x",
            ] {
                let lines = lines(address, &format!("Origin: {origin}"));
                let (status, answer) = request(address, &method, &path, &lines, "{}");
                assert_eq!(status, 403, "{method} {path} {origin}");
                assert!(
                    !answer.to_ascii_lowercase().contains("access-control-"),
                    "{answer}"
                );
            }
        }
        let own = [
            format!("Host: {address}"),
            format!("Origin: http://{address}"),
            "x-api-key: anna".to_owned(),
        ];
        assert_eq!(request(address, "GET", "/v1/models", &own, "").0, 200);
        let form = [
            format!("Host: {address}"),
            "Content-Type: text/plain".to_owned(),
        ];
        assert_eq!(
            request(address, "POST", "/maque/conversations", &form, "{}").0,
            415
        );
    }
}

#[test]
fn a_guest_comes_in_by_invitation_and_guessing_is_stopped() {
    let Some((server, [address, _])) = shared(&[]) else {
        return;
    };
    let ran = run(&mut server.home.maque(&["invite"]), b"");
    assert_eq!(ran.code, 0, "{ran:?}");
    let code = ran
        .stdout
        .split("#join=")
        .nth(1)
        .and_then(|rest| rest.lines().next());
    let body = json!({ "code": code.expect("a link"), "name": "Li" }).to_string();
    let join = || request(&address, "POST", "/maque/join", &lines(&address, ""), &body);
    let (status, answer) = join();
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
    let ask =
        |method: &str, path: &str| request(&address, method, path, &lines(&address, &cookie), "{}");
    assert!(ask("GET", "/maque/me").1.contains("\"user\""));
    assert_eq!(ask("POST", "/maque/invitations").0, 403);
    assert_eq!(ask("POST", "/maque/conversations").0, 201);
    let statuses: Vec<u16> = (0..12).map(|_| join().0).collect();
    assert_eq!(
        (statuses[0], statuses[11]),
        (401, 429),
        "used once, then refused: {statuses:?}"
    );
    assert_eq!(ask("GET", "/maque/me").0, 200, "who is in stays in");
    assert_eq!(ask("POST", "/maque/leave").0, 204);
    assert_eq!(ask("GET", "/maque/me").0, 401);
}

#[test]
fn this_users_own_programs_need_no_key() {
    let Some((server, _)) = shared(&[]) else {
        return;
    };
    let ran = run(
        &mut server
            .home
            .qwen(&["--temperature", "0", "Name the capital of France."]),
        b"",
    );
    assert!(ran.code == 0 && ran.stdout.contains("Paris"), "{ran:?}");
    let ran = run(&mut server.home.maque(&["invite", "--admin"]), b"");
    assert!(ran.code == 0 && ran.stdout.contains("#join="), "{ran:?}");
}

#[test]
fn the_switch_lets_guests_in_and_ends_their_connections() {
    let Some(model) = weights::smol() else {
        return;
    };
    let server = Server::start(&model, &[]);
    let near = format!("127.0.0.1:{}", server.port);
    let switch = |is_on: bool| {
        let body = json!({ "shared": is_on }).to_string();
        request(&near, "POST", "/maque/share", &lines(&near, ""), &body)
    };
    let (status, told) = switch(true);
    if status == 409 && told.contains("no address on a LAN") {
        return; // nothing to share with on this machine
    }
    assert_eq!(status, 200, "{told}");
    let (_, told) = told.split_once("\r\n\r\n").expect("a head and a body");
    let told: Value = serde_json::from_str(told).expect("JSON");
    let far = told["urls"][0].as_str().expect("an address");
    let far = far.strip_prefix("http://").expect("plain HTTP");
    let ask = |address: &str, path: &str| request(address, "GET", path, &lines(address, ""), "").0;
    assert_eq!(ask(far, "/"), 200);
    assert_eq!(ask(far, "/maque/me"), 401, "others need to be let in");
    assert_eq!(ask(&near, "/maque/me"), 200, "who was in stays in");
    let ran = run(&mut server.home.maque(&["invite"]), b"");
    assert!(ran.code == 0 && ran.stdout.contains(far), "{ran:?}");

    let mut guest = TcpStream::connect(far).expect("a connection");
    assert_eq!(switch(false).0, 200);
    let mut rest = Vec::new();
    let _ = guest.read_to_end(&mut rest); // ends, or is reset
    assert!(rest.is_empty());
    assert!(TcpStream::connect(far).is_err(), "nobody listens there");
    assert_eq!(ask(&near, "/maque/me"), 200);
    assert_eq!(switch(true).0, 200, "and on again");
    assert_eq!(ask(far, "/maque/me"), 401);
}
