//! Connections of each address: one machine must not take all the places.

use crate::limits::MAX_CONNECTIONS_PER_ADDRESS;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts connections.
#[derive(Debug, Default)]
pub(crate) struct Visitors(Mutex<HashMap<IpAddr, usize>>);

/// A connection that is counted; dropping it ends that.
#[derive(Debug)]
pub(crate) struct Visit {
    visitors: Arc<Visitors>,
    address: IpAddr,
}

impl Visitors {
    /// A place for one more connection from `address`; none if it has its share. Programs of this machine share it
    /// among themselves.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Visit> {
        let address = address.to_canonical();
        let mut counts = self.lock();
        let n = counts.entry(address).or_insert(0);
        if MAX_CONNECTIONS_PER_ADDRESS <= *n && !address.is_loopback() {
            return None;
        }
        *n += 1;
        Some(Visit {
            visitors: Arc::clone(self),
            address,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut counts = self.visitors.lock();
        if let Some(n) = counts.get_mut(&self.address) {
            *n -= 1;
            if *n == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_share_and_gets_it_back() {
        let visitors = Arc::new(Visitors::default());
        let far = IpAddr::from([192, 168, 1, 7]);
        let mut visits: Vec<Visit> = (0..MAX_CONNECTIONS_PER_ADDRESS)
            .map(|_| visitors.enter(far).expect("a place"))
            .collect();
        assert!(visitors.enter(far).is_none());
        assert!(visitors.enter(IpAddr::from([192, 168, 1, 8])).is_some());
        let near = IpAddr::from([127, 0, 0, 1]);
        let _near: Vec<Visit> = (0..100)
            .map(|_| visitors.enter(near).expect("a place"))
            .collect();
        visits.pop();
        visits.push(visitors.enter(far).expect("the place that was given back"));
        drop(visits);
        assert_eq!(visitors.lock().keys().collect::<Vec<_>>(), [&near]);
    }
}
