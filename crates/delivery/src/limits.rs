//! How much one may ask for: per source, per address, per receiver.

use std::{
    collections::{HashMap, VecDeque},
    net::{IpAddr, Ipv6Addr},
    time::{Duration, Instant},
};

/// Sources that are remembered at a time; the rest share what one may do.
const MOST_SOURCES: usize = 20_000;
const HOUR: Duration = Duration::from_secs(3_600);

/// Bounds, which an operator may set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Subscriptions that one source (an IPv4 address, a /64 of IPv6) may ask for in an hour.
    pub requests_per_source_hour: usize,
    /// The same of one network (a /48 of IPv6, which is one site's): it has 65,536 sources.
    pub requests_per_network_hour: usize,
    /// Mails that ask all addresses to confirm, in an hour; further ones wait.
    pub confirmations_per_hour: u64,
    /// Mails that ask addresses of one domain to confirm, in a day; further ones wait. All addresses of a domain may be one mailbox. Of
    /// large providers of mailboxes it is known that they are not (see [`crate::mailbox`]).
    pub confirmations_per_domain_day: u64,
    /// Mails that ask one address to confirm, in a day. Further wishes are taken and come to nothing, so that nobody learns of it.
    pub confirmations_per_address_day: u64,
    /// Subscriptions that one address may have; further ones come to nothing, as above.
    pub subscriptions_per_address: u64,
    /// Mails with notices to one address in a day; further ones wait.
    pub mails_per_address_day: usize,
    /// Subscriptions that may wait to be confirmed, of all sources.
    pub pending: u64,
    /// Requests under way to one receiver's host.
    pub per_host: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            requests_per_source_hour: 10,
            requests_per_network_hour: 50,
            confirmations_per_hour: 300,
            confirmations_per_domain_day: 50,
            confirmations_per_address_day: 3,
            subscriptions_per_address: 10,
            mails_per_address_day: 100,
            pending: 10_000,
            per_host: 16,
        }
    }
}

/// When each key was last let through.
pub(crate) struct Windows<K> {
    within: Duration,
    passed: HashMap<K, VecDeque<Instant>>,
}

impl<K: std::hash::Hash + Eq> Windows<K> {
    /// Nobody was yet, within the last so long.
    pub(crate) fn new(within: Duration) -> Windows<K> {
        Windows { within, passed: HashMap::new() }
    }

    /// Notes one who passed so long ago; of several the first first, and before any that passes from now on.
    pub(crate) fn note(&mut self, key: K, ago: Duration, now: Instant) {
        // what began before this machine did is over
        let Some(at) = now.checked_sub(ago).filter(|_| ago < self.within) else { return };
        if self.passed.len() < MOST_SOURCES || self.passed.contains_key(&key) {
            self.passed.entry(key).or_default().push_back(at);
        }
    }

    /// Lets through up to `most` within the window, and notes it.
    ///
    /// # Errors
    /// How long to wait for the next, a second at least.
    pub(crate) fn pass(&mut self, key: K, most: usize, now: Instant) -> Result<(), Duration> {
        self.room(&key, most, now)?;
        self.passed.entry(key).or_default().push_back(now);
        Ok(())
    }

    /// Whether one more would be let through; nothing is noted.
    fn room(&mut self, key: &K, most: usize, now: Instant) -> Result<(), Duration> {
        let within = self.within;
        let live = move |at: &Instant| now.saturating_duration_since(*at) < within;
        let Some(times) = self.passed.get_mut(key) else {
            if self.passed.len() >= MOST_SOURCES {
                self.passed.retain(|_, times| times.back().is_some_and(live));
            }
            let full = most == 0 || self.passed.len() >= MOST_SOURCES;
            return if full { Err(within) } else { Ok(()) };
        };
        while times.front().is_some_and(|at| !live(at)) {
            times.pop_front();
        }
        if times.len() >= most {
            let oldest = times.front().map_or(now, |at| *at);
            return Err(within.saturating_sub(now.saturating_duration_since(oldest)).max(Duration::from_secs(1)));
        }
        Ok(())
    }
}

/// When each source and each network of sources was last let through. A network that has had its share takes no memory with sources
/// that it has more of, and a source that has had its own takes nothing of its network's.
pub struct Sources {
    each: Windows<Option<IpAddr>>,
    networks: Windows<IpAddr>,
}

impl Sources {
    /// Nobody was yet, within the last so long.
    pub fn new(within: Duration) -> Sources {
        Sources { each: Windows::new(within), networks: Windows::new(within) }
    }

    pub(crate) fn by_hour() -> Sources {
        Sources::new(HOUR)
    }

    /// Lets through up to so many of a source (see [`source`]) and of its network, and notes it. Those of whom nobody knows from where are
    /// one source.
    ///
    /// # Errors
    /// How long to wait for the next, a second at least.
    pub fn pass(
        &mut self,
        from: Option<IpAddr>,
        most: usize,
        most_of_network: usize,
        now: Instant,
    ) -> Result<(), Duration> {
        let network = from.and_then(network);
        if let Some(network) = &network {
            self.networks.room(network, most_of_network, now)?;
        }
        self.each.pass(from, most, now)?;
        network.map_or(Ok(()), |network| self.networks.pass(network, most_of_network, now))
    }
}

/// The /48 of an address of IPv6. One of IPv4 has no network of that kind: who shares it is behind it.
fn network(from: IpAddr) -> Option<IpAddr> {
    match from {
        IpAddr::V6(address) => Some(Ipv6Addr::from(u128::from(address) & (u128::MAX << 80)).into()),
        IpAddr::V4(_) => None,
    }
}

/// Who is one source: of IPv6 a whole /64 is one customer's. An address that carries one of IPv4 is that one.
pub fn source(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V6(address) => {
            let prefix = u128::from(address) & !u128::from(u64::MAX);
            Ipv6Addr::from(prefix).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_pass_within_the_window_and_no_more() {
        let (mut windows, start) = (Windows::new(HOUR), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!([0, 60, 120].map(|seconds| windows.pass("a", 3, at(seconds))), [Ok(()); 3]);
        assert_eq!(windows.pass("a", 3, at(180)), Err(Duration::from_secs(3_420)));
        assert_eq!(windows.pass("b", 3, at(180)), Ok(()), "others are others");
        assert_eq!(windows.pass("a", 3, at(3_600)), Ok(()), "the first is an hour ago");
        assert_eq!(windows.pass("a", 3, at(3_601)), Err(Duration::from_secs(59)));
        assert!(windows.pass("a", 0, at(90_000)).is_err());
    }

    #[test]
    fn those_of_before_count() {
        // an hour into the life of the clock at least, which on a machine that has just started goes back no further
        let (mut windows, now) = (Windows::new(HOUR), Instant::now() + 2 * HOUR);
        for seconds in [4_000, 3_000, 10] {
            windows.note("a", Duration::from_secs(seconds), now);
        }
        assert_eq!(windows.pass("a", 3, now), Ok(()));
        assert_eq!(windows.pass("a", 3, now), Err(Duration::from_secs(600)));
        assert_eq!(windows.pass("b", 1, now), Ok(()));
    }

    #[test]
    fn memory_is_bounded() {
        let (mut windows, start) = (Windows::new(HOUR), Instant::now());
        for key in 0..MOST_SOURCES {
            windows.pass(key, 1, start).unwrap();
        }
        assert!(windows.pass(MOST_SOURCES, 1, start).is_err());
        assert!(windows.pass(MOST_SOURCES, 1, start + HOUR).is_ok());
        assert_eq!(windows.passed.len(), 1);
    }

    #[test]
    fn a_network_of_many_sources_has_its_share_and_takes_no_more() {
        let (mut sources, start) = (Sources::by_hour(), Instant::now());
        let of = |net: u16, subnet: u16| Some(IpAddr::from([0x2001, 0xdb8, net, subnet, 0, 0, 0, 0]));
        // one that asks again and again has its own share, and leaves its neighbours theirs
        let greedy = (0..100).filter(|_| sources.pass(of(1, 0), 3, 10, start).is_ok()).count();
        let passed = (1..=1_000).filter(|subnet| sources.pass(of(1, *subnet), 3, 10, start).is_ok()).count();
        assert_eq!((greedy, passed, sources.each.passed.len()), (3, 7, 8), "of all others nothing is remembered");
        assert!(sources.pass(of(1, 9), 3, 10, start).is_err_and(|wait| wait == HOUR));
        for honest in [of(2, 0), Some([192, 0, 2, 1].into()), Some([192, 0, 2, 2].into()), None] {
            assert_eq!(sources.pass(honest, 3, 10, start), Ok(()), "{honest:?}");
        }
        assert_eq!(sources.pass(of(1, 9), 3, 10, start + HOUR), Ok(()));
    }

    #[test]
    fn a_customer_is_one_source() {
        let of = |text: &str| source(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3::4"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2::4"), of("2001:db8:1:3::4"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.2"), of("192.0.2.1"));
    }
}
