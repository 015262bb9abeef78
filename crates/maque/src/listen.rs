//! Sockets of the server: exactly the wanted addresses, on the wanted port or the next free one.

use crate::exit::{Exit, Problem};
use crate::say::Say;
use crate::settings::Setting;
use crate::talk::Talk;
use maque_server::{Listeners, Network};
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;

/// Ports that are tried after the wanted one.
const MAX_TRIES: u16 = 100;

/// The network that a server can be shared with.
pub(crate) struct Lan {
    /// The server's own port.
    pub(crate) port: u16,
    pub(crate) talk: Arc<Talk>,
}

impl Network for Lan {
    fn listen(&self) -> Result<Vec<TcpListener>, String> {
        let hosts = lan();
        if hosts.is_empty() {
            return Err(Say::NoLan.to_string());
        }
        let bound = bind_all(&hosts, self.port).map_err(|problem| problem.to_string())?;
        let url = shared(&hosts, self.port).join(", ");
        let taken = || {
            Say::CannotListen {
                address: url.clone(),
            }
            .to_string()
        };
        let listeners = bound.ok_or_else(taken)?;
        self.talk.line(&Say::Shared { url });
        Ok(listeners)
    }
}

/// The addresses that are meant: exactly `host`, or both of loopback; when shared, the machine's own on its LAN beside them.
pub(crate) fn hosts(
    host: Option<IpAddr>,
    is_shared: &Setting<bool>,
) -> Result<Vec<IpAddr>, Problem> {
    let loopback: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    match (host, is_shared.value) {
        (None, false) => Ok(loopback.to_vec()),
        (Some(host), false) => Ok(vec![host]),
        (Some(host), true) if host.is_unspecified() => Ok(vec![host]), // which has loopback already
        (Some(host), true) => Ok([host].into_iter().chain(loopback).collect()),
        (None, true) => {
            let lan = lan();
            match lan.is_empty() {
                true => Err(Problem::usage(Say::NoLan)),
                false => Ok(loopback.into_iter().chain(lan).collect()),
            }
        }
    }
}

/// Addresses of this machine that only its own network reaches; tunnels and virtual bridges are left out.
fn lan() -> Vec<IpAddr> {
    const VIRTUAL: [&str; 8] = [
        "docker",
        "br-",
        "veth",
        "virbr",
        "tun",
        "tap",
        "wg",
        "tailscale",
    ];
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let real = interfaces
        .iter()
        .filter(|one| !VIRTUAL.iter().any(|name| one.name.starts_with(name)));
    real.map(if_addrs::Interface::ip)
        .filter(is_private)
        .collect()
}

fn is_private(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private(),
        IpAddr::V6(v6) => v6.is_unique_local(),
    }
}

/// Where others on the network reach a server on `hosts`, as they type it; of "every address", those of the LAN if there are any.
pub(crate) fn shared(hosts: &[IpAddr], port: u16) -> Vec<String> {
    let others = hosts.iter().filter(|host| !host.is_loopback());
    let reached = others.flat_map(|host| {
        let mut own = lan();
        own.retain(|ip| host.is_unspecified() && (ip.is_ipv4() || host.is_ipv6()));
        match own.is_empty() {
            true => vec![*host],
            false => own,
        }
    });
    let addresses = reached.map(|host| SocketAddr::new(host, port));
    addresses
        .map(|address| format!("http://{address}"))
        .collect()
}

/// Sockets as the server wants them: with a `host` that was named they are its own, else those of the LAN are its shared ones.
pub(crate) fn apart(all: Vec<TcpListener>, host: Option<IpAddr>) -> Listeners {
    let is_near = |listener: &TcpListener| {
        let address = listener.local_addr();
        address.is_ok_and(|address| address.ip().is_loopback())
    };
    let (own, shared) = all
        .into_iter()
        .partition(|listener| host.is_some() || is_near(listener));
    Listeners { own, shared }
}

/// Listens on all `hosts` (further ones may be missing), on one port: the wanted one or the next that is free.
pub(crate) fn bind(hosts: &[IpAddr], port: u16) -> Result<(Vec<TcpListener>, u16), Problem> {
    for wanted in port..=port.saturating_add(MAX_TRIES) {
        if let Some(listeners) = bind_all(hosts, wanted)? {
            let port = listeners[0]
                .local_addr()
                .map_or(wanted, |address| address.port());
            return Ok((listeners, port));
        }
    }
    Err(Problem::new(Exit::Failed, Say::NoPort { port }))
}

/// Listeners on all hosts; `None` when the port is taken on one of them.
fn bind_all(hosts: &[IpAddr], port: u16) -> Result<Option<Vec<TcpListener>>, Problem> {
    let mut listeners: Vec<TcpListener> = Vec::new();
    for (i, host) in hosts.iter().enumerate() {
        let port = listeners
            .first()
            .and_then(|first| first.local_addr().ok())
            .map_or(port, |first| first.port());
        let address = SocketAddr::new(*host, port);
        match TcpListener::bind(address) {
            Ok(listener) => listeners.push(listener),
            Err(error) if error.kind() == ErrorKind::AddrInUse => return Ok(None),
            Err(_) if 0 < i => {} // a machine without IPv6 has one loopback address
            Err(error) => {
                let address = address.to_string();
                return Err(
                    Problem::new(Exit::Failed, Say::CannotListen { address }).because(error)
                );
            }
        }
    }
    Ok(Some(listeners))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_leads_to_the_next() {
        let host = [IpAddr::from(Ipv4Addr::LOCALHOST)];
        let (_first, port) = bind(&host, 0).expect("a free port");
        let (_second, next) = bind(&host, port).expect("another free port");
        assert!(port < next, "{port} {next}");
    }

    #[test]
    fn both_loopback_addresses_have_one_port() {
        let is_shared = Setting {
            value: false,
            origin: crate::settings::Origin::Default,
        };
        let hosts = hosts(None, &is_shared).expect("loopback");
        let (listeners, port) = bind(&hosts, 0).expect("a free port");
        assert!(!listeners.is_empty());
        assert!(
            listeners
                .iter()
                .all(|listener| listener.local_addr().expect("bound").port() == port)
        );
    }

    #[test]
    fn every_address_is_shared_as_those_that_others_can_type() {
        let every = [
            Ipv4Addr::UNSPECIFIED.into(),
            Ipv6Addr::UNSPECIFIED.into(),
            Ipv4Addr::LOCALHOST.into(),
        ];
        let lan = lan();
        for url in shared(&every, 80) {
            let address = url.strip_prefix("http://").and_then(|url| url.parse().ok());
            let ip = address
                .map(|address: SocketAddr| address.ip())
                .expect("an address");
            let is_alone = !lan.iter().any(|one| one.is_ipv4() == ip.is_ipv4());
            assert!(is_alone || lan.contains(&ip), "{ip} of {lan:?}");
        }
        let one = Ipv4Addr::new(192, 0, 2, 1).into();
        assert_eq!(shared(&[one], 80), ["http://192.0.2.1:80"]);
    }

    #[test]
    fn a_foreign_address_is_named() {
        let problem =
            bind(&[Ipv4Addr::new(192, 0, 2, 1).into()], 0).expect_err("not of this machine");
        assert!(problem.to_string().contains("192.0.2.1"), "{problem}");
    }
}
