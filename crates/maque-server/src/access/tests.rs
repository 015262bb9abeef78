//! Who is let in, and who is not.

use super::credential::digest;
use super::*;
use crate::identity::Identity;
use crate::store::Store;
use axum::body::Body;
use axum::http::HeaderValue;
use axum::response::IntoResponse;

const LOOPBACK: ([u8; 4], u16) = ([127, 0, 0, 1], 7860);
const LAN: ([u8; 4], u16) = ([192, 168, 1, 5], 7860);

fn asked(local: ([u8; 4], u16), method: &str, uri: &str, headers: &[(&str, &str)]) -> bool {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::empty()).expect("a request");
    let ends = Ends {
        local: local.into(),
        peer: ([192, 168, 1, 9], 50_000).into(),
    };
    request.extensions_mut().insert(ends);
    check(&request, "sparrow").is_ok()
}

#[test]
fn only_our_own_host_is_served_on_every_address() {
    for (local, host, is_served) in [
        (LOOPBACK, "localhost:7860", true),
        (LOOPBACK, "127.0.0.1:7860", true),
        (LOOPBACK, "[::1]:7860", true),
        (LOOPBACK, "LOCALHOST:7860", true),
        (LOOPBACK, "sparrow:7860", false),
        (LOOPBACK, "192.168.1.5:7860", false),
        (LAN, "192.168.1.5:7860", true),
        (LAN, "sparrow:7860", true),
        (LAN, "Sparrow.local:7860", true),
        (LAN, "localhost:7860", false),
        (LAN, "127.0.0.1:7860", false),
        (LAN, "192.168.1.6:7860", false),
        (LAN, "other.local:7860", false),
        (LAN, "sparrow.internal:7860", false),
    ] {
        assert_eq!(
            asked(local, "GET", "/", &[("host", host)]),
            is_served,
            "{local:?} {host}"
        );
    }
    for local in [LOOPBACK, LAN] {
        for host in [
            "",
            "localhost",
            "localhost:80",
            "localhost:7861",
            "evil.example:7860",
            "evil.local:7860",
            "x.internal:7860",
            "localhost.evil.example:7860",
            "127.0.0.1.nip.io:7860",
            "localhost.:7860",
            "a@localhost:7860",
            "2130706433:7860",
        ] {
            assert!(
                !asked(local, "GET", "/", &[("host", host)]),
                "{local:?} {host}"
            );
        }
        assert!(!asked(local, "GET", "/", &[]));
    }
}

#[test]
fn a_request_names_one_host() {
    let own = ("host", "localhost:7860");
    assert!(!asked(LOOPBACK, "GET", "/", &[own, own]));
    assert!(!asked(
        LOOPBACK,
        "GET",
        "/",
        &[own, ("host", "evil.example")]
    ));
    assert!(asked(LOOPBACK, "GET", "http://localhost:7860/", &[own]));
    assert!(!asked(LOOPBACK, "GET", "http://evil.example/", &[own]));
    assert!(!asked(LOOPBACK, "GET", "http://a@localhost:7860/", &[own]));
}

#[test]
fn pages_of_other_sites_are_refused() {
    let host = ("host", "localhost:7860");
    let json = ("content-type", "application/json; charset=utf-8");
    let asked = |method, headers: &[(&str, &str)]| asked(LOOPBACK, method, "/", headers);
    assert!(asked("POST", &[host, json]));
    assert!(asked(
        "POST",
        &[host, json, ("origin", "http://localhost:7860")]
    ));
    for method in ["GET", "POST", "PATCH", "DELETE"] {
        for origin in [
            "null",
            "http://evil.example",
            "https://localhost:7860",
            "http://localhost:1",
            "http://127.0.0.1:7860",
            "file://",
            "app://x",
            "vscode-webview://x",
            "chrome-extension://x",
            "",
        ] {
            assert!(
                !asked(method, &[host, json, ("origin", origin)]),
                "{method} {origin}"
            );
        }
        for site in ["cross-site", "same-site"] {
            assert!(
                !asked(method, &[host, json, ("sec-fetch-site", site)]),
                "{method} {site}"
            );
        }
        assert!(
            asked(method, &[host, json, ("sec-fetch-site", "same-origin")]),
            "{method}"
        );
    }
    let followed = [
        host,
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
    ];
    assert!(asked("GET", &followed) && !asked("POST", &followed));
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    ] {
        assert!(!asked("POST", &[host, ("content-type", kind)]), "{kind}");
    }
    assert!(asked("POST", &[host]));
    assert!(!asked("POST", &[host, ("origin", "http://localhost:7860")]));
    assert!(!asked("POST", &[host, ("sec-fetch-site", "same-origin")]));
    assert!(!asked("POST", &[host, json, ("content-encoding", "gzip")]));
}

fn ends(last: u8) -> Ends {
    Ends {
        local: LAN.into(),
        peer: ([192, 168, 1, last], 50_000).into(),
    }
}

fn with(name: &'static str, value: &str) -> HeaderMap {
    let value = HeaderValue::from_str(value).expect("a header");
    HeaderMap::from_iter([(axum::http::HeaderName::from_static(name), value)])
}

#[test]
fn a_key_says_who_it_is() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::open(folder.path()).expect("a store");
    let keys = ["first", "second"].map(str::to_owned);
    let open = || Reception::new(Ok(store.clone()), Door::Closed, &keys).expect("a reception");
    let reception = open();
    let who = |reception: &Reception, name, value: &str| {
        reception.identify(&with(name, value), ends(1)).ok()
    };
    for name in ["Bearer first", "bearer first", "BEARER  first"] {
        assert_eq!(
            who(&reception, "authorization", name),
            Some(Identity::OWNER),
            "{name}"
        );
    }
    let second = who(&reception, "x-api-key", "second").expect("a person");
    assert!(second.role == Role::User && second != Identity::OWNER);
    assert_eq!(
        who(&open(), "x-api-key", "second"),
        Some(second),
        "the same after a restart"
    );
    for wrong in ["First", "", "firs", "first2"] {
        assert_eq!(who(&reception, "x-api-key", wrong), None, "{wrong}");
    }
    assert!(reception.identify(&HeaderMap::new(), ends(1)).is_err());
    let without = Reception::new(Ok(store.clone()), Door::Closed, &keys[..1]).expect("a reception");
    assert_eq!(
        who(&without, "x-api-key", "second"),
        None,
        "a key that was taken out of the settings"
    );
    let nobody = Reception::new(Ok(store), Door::Open, &[]).expect("a reception");
    let near = Ends {
        local: ([127, 0, 0, 1], 7860).into(),
        peer: ([127, 0, 0, 1], 50_000).into(),
    };
    let unknown = |ends| nobody.identify(&HeaderMap::new(), ends).ok();
    assert_eq!(unknown(near), Some(Identity::OWNER));
    assert_eq!(unknown(ends(1)), None, "the door is open on loopback only");
}

#[test]
fn an_invitation_lets_so_many_in_and_guessing_ends() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::open(folder.path()).expect("a store");
    let reception = Reception::new(Ok(store), Door::Closed, &[]).expect("a reception");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let join = |secret: &str, last: u8| {
        runtime.block_on(reception.join(secret, String::new(), ends(last).peer.ip(), None))
    };
    let invitation = reception.invite(Role::User, 2).expect("an invitation");
    let (session, guest) = join(&invitation.code, 1).expect("a guest");
    let spaced = format!("{} {}", &invitation.pin[..4], &invitation.pin[4..]);
    let (_, other) = join(&spaced, 2).expect("another guest");
    assert!(guest != other && guest.role == Role::User);
    assert!(join(&invitation.code, 3).is_err(), "used up");
    let cookie = with("cookie", &format!("a=b; maque_7860={session}; c=d"));
    assert_eq!(reception.identify(&cookie, ends(1)).ok(), Some(guest));
    let own = reception.invite(Role::Admin, 1).expect("an invitation");
    assert_eq!(join(&own.code, 1).expect("the owner").1, Identity::OWNER);
    let last = reception.invite(Role::User, 1).expect("an invitation");
    let statuses: Vec<u16> = (0..12)
        .map(|_| {
            join("00000000", 9)
                .expect_err("wrong")
                .into_response()
                .status()
                .as_u16()
        })
        .collect();
    assert_eq!(statuses[9..], [401, 429, 429]);
    assert!(join(&last.code, 9).is_err(), "not heard any more");
    assert!(join(&last.code, 8).is_ok(), "others are");
    runtime
        .block_on(reception.leave(&cookie, ends(1)))
        .expect("left");
    assert!(reception.identify(&cookie, ends(1)).is_err());
}

#[test]
fn many_addresses_together_cannot_guess_a_pin() {
    let reception = Reception::new(Err(crate::store::StoreError::DiskFull), Door::Closed, &[]);
    let reception = reception.expect("a reception");
    let invitation = reception.invite(Role::User, 1).expect("an invitation");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    for last in 0..100 {
        let guess = reception.join("00000000", String::new(), ends(last).peer.ip(), None);
        assert!(runtime.block_on(guess).is_err());
    }
    let right = reception.join(&invitation.pin, String::new(), ends(200).peer.ip(), None);
    let error = runtime
        .block_on(right)
        .expect_err("the invitation has ended");
    assert_eq!(error.into_response().status().as_u16(), 401);
}

#[test]
fn keys_are_kept_as_digests_only() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::open(folder.path()).expect("a store");
    let reception = Reception::new(
        Ok(store.clone()),
        Door::Closed,
        &["canary-secret".to_owned(), "canary-other".to_owned()],
    );
    let reception = reception.expect("a reception");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let (_, key) = runtime
        .block_on(reception.add_key(1, "editor".to_owned()))
        .expect("a key");
    store.close();
    for entry in std::fs::read_dir(folder.path())
        .expect("a folder")
        .flatten()
    {
        let bytes = std::fs::read(entry.path()).expect("a file");
        for secret in ["canary-secret", "canary-other", &key] {
            assert!(
                !bytes
                    .windows(secret.len())
                    .any(|part| part == secret.as_bytes()),
                "{secret}"
            );
        }
    }
    assert_eq!(digest("a")[..2], [0xca, 0x97]);
}

#[test]
fn without_a_store_each_key_is_a_client_of_its_own() {
    let keys = ["one", "two", "three"].map(str::to_owned);
    let error = Err(crate::store::StoreError::DiskFull);
    let reception = Reception::new(error, Door::Closed, &keys).expect("keys open");
    let clients = keys.map(|key| {
        let key = with("authorization", &format!("Bearer {key}"));
        let identity = reception.identify(&key, ends(1));
        identity.expect("the key opens").client()
    });
    assert_eq!(clients, [1, 2, 3]); // the first is the owner's
}
