//! Clients that say little or nothing are let go, and others do not notice them.

use crate::command::until;
use crate::server::{Server, open, read_all};
use crate::weights;
use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// How long the server is watched: a little more than its deadlines.
const WATCH: Duration = Duration::from_secs(12);

/// Connections that say nothing, half a head, and a head without its body.
fn slow_clients(address: &str) -> Vec<TcpStream> {
    let kind = "Content-Type: application/json\r\nContent-Length: 5000";
    let head = format!("POST /v1/chat/completions HTTP/1.1\r\nHost: {address}\r\n{kind}\r\n\r\n{{");
    let one = |i: usize| match i % 3 {
        0 => open(address, ""),
        1 => open(address, "GET /health HTTP/1.1\r\nHo"),
        _ => open(address, &head),
    };
    (0..90).map(one).collect()
}

#[test]
fn slow_clients_are_let_go_and_others_do_not_notice() {
    let Some(model) = weights::smol() else { return };
    let server = Server::start(&model, &[]);
    let address = format!("127.0.0.1:{}", server.port);
    let folder = format!("/proc/{}/fd", server.pid());
    let n_files = || std::fs::read_dir(&folder).expect("a process").count();
    let before = n_files();
    let mut slow = slow_clients(&address);
    let idle = open(
        &address,
        &format!("GET /health HTTP/1.1\r\nHost: {address}\r\n\r\n"),
    );
    let start = Instant::now();
    let mut worst = Duration::ZERO;
    while start.elapsed() < WATCH {
        let asked = Instant::now();
        assert_eq!(server.get("/health").expect("an answer").0, 200);
        worst = worst.max(asked.elapsed());
        for stream in slow.iter_mut().skip(1).step_by(3) {
            let _ = stream.write_all(b"s"); // dribbles on
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    until("the slow to be let go", || {
        (n_files() <= before + 2).then_some(())
    });
    assert!(start.elapsed() < 3 * WATCH, "{:?}", start.elapsed());
    assert!(
        worst < Duration::from_secs(2),
        "a normal client waited {worst:?}"
    );
    assert!(read_all(idle).starts_with("HTTP/1.1 200"));
    for answer in slow.into_iter().map(read_all) {
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 408"),
            "{answer}"
        );
    }
}
