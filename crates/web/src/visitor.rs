//! Where a visitor comes from: the address that the connection comes from, or what a proxy of the operator's says; and how much each
//! may have of a thing at once.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::http::{Extensions, HeaderMap};
use hashwatch_delivery::{Sources, source};

/// The other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Who counts as one visitor: an IPv4 address, or a /64 of IPv6, which is what one household or machine is given.
pub(crate) fn visitor(extensions: &Extensions, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
    let peer = extensions.get::<Peer>().map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| peer.0.to_canonical());
    let mut found = peer;
    // from the last hop back to the first that is none of the operator's; what stands before that is anybody's word
    let said = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let said: Vec<&str> = said.flat_map(|value| value.split(',')).map(str::trim).collect();
    let mut hops = said.iter().rev();
    while proxies.contains(&found) {
        let Some(hop) = hops.next().and_then(|hop| hop.parse::<IpAddr>().ok()) else { break };
        found = hop.to_canonical();
    }
    source(found)
}

/// Places in all, and of one visitor.
#[derive(Clone)]
pub(crate) struct Places {
    most: usize,
    most_each: usize,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Default)]
struct Taken {
    all: usize,
    by: HashMap<IpAddr, usize>,
}

/// A place; given back when it is dropped.
pub(crate) struct Place {
    who: IpAddr,
    taken: Arc<Mutex<Taken>>,
}

impl Places {
    pub(crate) fn new(most: usize, most_each: usize) -> Places {
        Places { most, most_each, taken: Arc::default() }
    }

    /// A place for a visitor; none where there is none, in all or for this one.
    pub(crate) fn take(&self, who: IpAddr) -> Option<Place> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let has = taken.by.get(&who).copied().unwrap_or(0);
        if taken.all >= self.most || has >= self.most_each {
            return None;
        }
        taken.all += 1;
        taken.by.insert(who, has + 1);
        Some(Place { who, taken: Arc::clone(&self.taken) })
    }
}

/// Visitors' worth of requests that a network of visitors (a /48 of IPv6) may make.
const VISITORS_OF_A_NETWORK: usize = 10;

/// So many requests of one visitor within a time.
pub(crate) struct Rate {
    most: usize,
    passed: Mutex<Sources>,
}

impl Rate {
    pub(crate) fn new(most: usize, within: Duration) -> Rate {
        Rate { most, passed: Mutex::new(Sources::new(within)) }
    }

    /// Lets a request through, or says after how many seconds the next one is.
    pub(crate) fn pass(&self, who: IpAddr, now: Instant) -> Result<(), u32> {
        let mut passed = self.passed.lock().unwrap_or_else(PoisonError::into_inner);
        let of_network = self.most.saturating_mul(VISITORS_OF_A_NETWORK);
        passed
            .pass(Some(who), self.most, of_network, now)
            .map_err(|wait| u32::try_from(wait.as_secs()).unwrap_or(u32::MAX))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all = taken.all.saturating_sub(1);
        if let Some(has) = taken.by.get_mut(&self.who) {
            *has -= 1;
            if *has == 0 {
                taken.by.remove(&self.who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(peer: &str, forwarded: &[&str], proxies: &[&str]) -> String {
        let mut extensions = Extensions::new();
        extensions.insert(Peer(peer.parse().unwrap()));
        let mut headers = HeaderMap::new();
        for one in forwarded {
            headers.append("x-forwarded-for", one.parse().unwrap());
        }
        let proxies: Vec<IpAddr> = proxies.iter().map(|one| one.parse().unwrap()).collect();
        visitor(&extensions, &headers, &proxies).to_string()
    }

    #[test]
    fn only_a_proxy_of_the_operators_is_believed() {
        assert_eq!(from("203.0.113.5", &["198.51.100.1"], &[]), "203.0.113.5");
        assert_eq!(from("10.0.0.1", &["198.51.100.1"], &["10.0.0.1"]), "198.51.100.1");
        // the first entries are the visitor's own word
        assert_eq!(from("10.0.0.1", &["1.1.1.1, 198.51.100.1"], &["10.0.0.1"]), "198.51.100.1");
        assert_eq!(from("10.0.0.1", &["1.1.1.1", "198.51.100.1, 10.0.0.2"], &["10.0.0.1", "10.0.0.2"]), "198.51.100.1");
        assert_eq!(from("10.0.0.1", &["nonsense"], &["10.0.0.1"]), "10.0.0.1");
        assert_eq!(from("10.0.0.1", &[], &["10.0.0.1"]), "10.0.0.1");
        assert_eq!(from("::ffff:10.0.0.1", &["198.51.100.1"], &["10.0.0.1"]), "198.51.100.1");
    }

    #[test]
    fn a_network_of_ipv6_is_one_visitor() {
        assert_eq!(from("2001:db8:1:2:3:4:5:6", &[], &[]), "2001:db8:1:2::");
        assert_eq!(from("2001:db8:1:2:ffff::", &[], &[]), "2001:db8:1:2::");
    }

    #[test]
    fn so_many_requests_pass_and_then_again_after_a_while() {
        let (rate, start) = (Rate::new(2, Duration::from_secs(60)), Instant::now());
        let [a, b] = ["192.0.2.1", "192.0.2.2"].map(|text| text.parse::<IpAddr>().unwrap());
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!((rate.pass(a, at(0)), rate.pass(a, at(10)), rate.pass(a, at(20))), (Ok(()), Ok(()), Err(40)));
        assert_eq!((rate.pass(b, at(20)), rate.pass(a, at(60)), rate.pass(a, at(61))), (Ok(()), Ok(()), Err(9)));
    }

    #[test]
    fn places_are_bounded_in_all_and_for_each_and_come_back() {
        let places = Places::new(3, 2);
        let [a, b] = ["192.0.2.1", "192.0.2.2"].map(|text| text.parse::<IpAddr>().unwrap());
        let first = [places.take(a), places.take(a)];
        assert!(first.iter().all(Option::is_some) && places.take(a).is_none(), "two are his");
        let other = places.take(b);
        assert!(other.is_some() && places.take(b).is_none(), "three are all");
        drop(first);
        assert!(places.take(a).is_some());
        drop(other);
        let taken = places.taken.lock().unwrap();
        assert_eq!((taken.all, taken.by.len()), (0, 0));
    }
}
