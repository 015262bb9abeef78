//! Wrong keys and codes of each address within the last minute.

use crate::limits::MAX_FAILURES;
use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);
/// Addresses that are remembered; of more, everybody's counts are forgotten.
const MAX_ADDRESSES: usize = 4096;

/// Counts failures.
#[derive(Debug, Default)]
pub(super) struct Failures(HashMap<IpAddr, (Instant, usize)>);

impl Failures {
    /// Whether this address has failed too often to be heard.
    pub(super) fn is_too_many(&self, address: IpAddr, now: Instant) -> bool {
        let noted = self.0.get(&network(address));
        noted.is_some_and(|(since, n)| {
            now.saturating_duration_since(*since) < MINUTE && MAX_FAILURES <= *n
        })
    }

    /// Notes a failure.
    pub(super) fn note(&mut self, address: IpAddr, now: Instant) {
        let is_old = |since: Instant| MINUTE <= now.saturating_duration_since(since);
        if MAX_ADDRESSES <= self.0.len() {
            self.0.retain(|_, (since, _)| !is_old(*since));
        }
        if MAX_ADDRESSES <= self.0.len() {
            self.0.clear();
        }
        let entry = self.0.entry(network(address)).or_insert((now, 0));
        if is_old(entry.0) {
            *entry = (now, 0);
        }
        entry.1 += 1;
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
