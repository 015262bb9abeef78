//! Sockets of the server: exactly the wanted addresses, on the wanted port or the next free one.

use crate::exit::{Exit, Problem};
use crate::say::Say;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

/// Ports that are tried after the wanted one.
const MAX_TRIES: u16 = 100;

/// Listens on `host`, or on both loopback addresses; the port is the same on all of them.
pub(crate) fn bind(host: Option<IpAddr>, port: u16) -> Result<(Vec<TcpListener>, u16), Problem> {
    let hosts = match host {
        Some(host) => vec![host],
        None => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
    };
    for wanted in port..=port.saturating_add(MAX_TRIES) {
        if let Some(listeners) = bind_all(&hosts, wanted)? {
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
        let host = Some(IpAddr::from(Ipv4Addr::LOCALHOST));
        let (_first, port) = bind(host, 0).expect("a free port");
        let (_second, next) = bind(host, port).expect("another free port");
        assert!(port < next, "{port} {next}");
    }

    #[test]
    fn both_loopback_addresses_have_one_port() {
        let (listeners, port) = bind(None, 0).expect("a free port");
        assert!(!listeners.is_empty());
        assert!(
            listeners
                .iter()
                .all(|listener| listener.local_addr().expect("bound").port() == port)
        );
    }

    #[test]
    fn a_foreign_address_is_named() {
        let problem =
            bind(Some(Ipv4Addr::new(192, 0, 2, 1).into()), 0).expect_err("not of this machine");
        assert!(problem.to_string().contains("192.0.2.1"), "{problem}");
    }
}
