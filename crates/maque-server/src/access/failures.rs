//! Wrong keys and codes of each address within a minute.

use super::minutes::Minutes;
use crate::limits::MAX_FAILURES;
use std::net::IpAddr;
use std::time::Instant;

/// Counts failures.
#[derive(Debug, Default)]
pub(super) struct Failures(Minutes<IpAddr>);

impl Failures {
    /// Whether this address has failed too often to be heard.
    pub(super) fn is_too_many(&self, address: IpAddr, now: Instant) -> bool {
        MAX_FAILURES <= self.0.count(&network(address), now)
    }

    /// Notes a failure.
    pub(super) fn note(&mut self, address: IpAddr, now: Instant) {
        self.0.note(network(address), now);
    }
}

/// A machine has one IPv4 address, but a whole /64 of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 => v4,
    }
}
