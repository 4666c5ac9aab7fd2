//! Who goes next, so that nobody waits for one who is slow.
//!
//! Two lanes: the first is for lines whose last try went well, the second, wider one for those that fail. Whoever in the first takes
//! longer than a moment goes on in the second; where that is full, it may stay for some seconds and then has to wait for the second like
//! those that fail. Each host has so many places in both together.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, VecDeque},
    sync::Arc,
};

use tokio::task::AbortHandle;

/// A line, as of one of its epochs.
pub(crate) type Ticket = (u64, u64);

/// Which lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    First,
    Second,
}

/// Places in the lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Places {
    pub(crate) first: usize,
    pub(crate) second: usize,
    pub(crate) per_host: usize,
    /// For mail, all of it together: its server is one.
    pub(crate) mail: usize,
}

struct Flight {
    lane: Lane,
    host: Arc<str>,
    abort: AbortHandle,
}

#[derive(Default)]
struct Host {
    flying: usize,
    waiting: VecDeque<(Ticket, u32)>,
}

impl Host {
    fn is_done_with(&self) -> bool {
        self.flying == 0 && self.waiting.is_empty()
    }
}

/// Queues and flights.
pub(crate) struct Lanes {
    places: Places,
    first: VecDeque<Ticket>,
    /// Those that failed least often go first, and among them those that came first.
    second: BinaryHeap<Reverse<(u32, u64, Ticket)>>,
    came: u64,
    hosts: HashMap<Arc<str>, Host>,
    /// Those in a queue for whom a place of a host became free: who does not take it leaves it to the next.
    called: HashMap<Ticket, Arc<str>>,
    flights: HashMap<Ticket, Flight>,
    flying_first: usize,
    flying_second: usize,
}

impl Lanes {
    pub(crate) fn new(places: Places) -> Lanes {
        Lanes {
            places,
            first: VecDeque::new(),
            second: BinaryHeap::new(),
            came: 0,
            hosts: HashMap::new(),
            called: HashMap::new(),
            flights: HashMap::new(),
            flying_first: 0,
            flying_second: 0,
        }
    }

    /// Gets in line, behind whoever is there.
    pub(crate) fn queue(&mut self, ticket: Ticket, tries: u32) {
        if tries == 0 {
            self.first.push_back(ticket);
        } else {
            self.came += 1;
            self.second.push(Reverse((tries, self.came, ticket)));
        }
    }

    /// Whose turn it is; none where every place is taken or nobody waits.
    pub(crate) fn next(&mut self) -> Option<(Ticket, Lane)> {
        if self.flying_first < self.places.first
            && let Some(ticket) = self.first.pop_front()
        {
            return Some((ticket, Lane::First));
        }
        if self.flying_second < self.places.second
            && let Some(Reverse((_, _, ticket))) = self.second.pop()
        {
            return Some((ticket, Lane::Second));
        }
        None
    }

    /// Whether a host has room; where it has not, the line waits for it.
    pub(crate) fn admits(&mut self, ticket: Ticket, host: &Arc<str>, tries: u32) -> bool {
        let most = if host.is_empty() { self.places.mail } else { self.places.per_host };
        let at = self.hosts.entry(host.clone()).or_default();
        if at.flying < most {
            return true;
        }
        at.waiting.push_back((ticket, tries));
        self.called.remove(&ticket);
        false
    }

    /// It was its turn, and it does not fly: a place that it was called for is the next one's.
    pub(crate) fn stays(&mut self, ticket: Ticket) {
        if let Some(host) = self.called.remove(&ticket) {
            self.call(&host);
        }
    }

    /// Has the first that waits for a host get in line.
    fn call(&mut self, host: &Arc<str>) {
        let Some(at) = self.hosts.get_mut(host) else { return };
        let next = at.waiting.pop_front();
        if let Some((ticket, tries)) = next {
            self.called.insert(ticket, host.clone());
            self.queue(ticket, tries);
        } else if at.is_done_with() {
            self.hosts.remove(host);
        }
    }

    pub(crate) fn fly(&mut self, ticket: Ticket, lane: Lane, host: Arc<str>, abort: AbortHandle) {
        self.hosts.entry(host.clone()).or_default().flying += 1;
        self.called.remove(&ticket);
        *self.count(lane) += 1;
        self.flights.insert(ticket, Flight { lane, host, abort });
    }

    /// It has ended, whichever way. False where it was ended before.
    pub(crate) fn land(&mut self, ticket: Ticket) -> bool {
        let Some(flight) = self.flights.remove(&ticket) else { return false };
        *self.count(flight.lane) -= 1;
        if let Some(at) = self.hosts.get_mut(&flight.host) {
            at.flying -= 1;
        }
        self.call(&flight.host);
        true
    }

    /// It takes longer than a moment and goes on in the second lane, if there is room. False where there is none, it is very slow,
    /// and so was ended.
    pub(crate) fn slow(&mut self, ticket: Ticket, very: bool) -> bool {
        let full = self.flying_second >= self.places.second;
        match self.flights.get_mut(&ticket) {
            Some(flight) if flight.lane == Lane::First && full && very => {
                flight.abort.abort();
                self.land(ticket);
                false
            }
            Some(flight) if flight.lane == Lane::First && !full => {
                flight.lane = Lane::Second;
                self.flying_first -= 1;
                self.flying_second += 1;
                true
            }
            _ => true,
        }
    }

    /// Ends what no longer counts.
    pub(crate) fn abort(&mut self, ticket: Ticket) {
        if let Some(flight) = self.flights.get(&ticket) {
            flight.abort.abort();
        }
        self.land(ticket);
    }

    pub(crate) fn flying(&self) -> usize {
        self.flights.len()
    }

    fn count(&mut self, lane: Lane) -> &mut usize {
        match lane {
            Lane::First => &mut self.flying_first,
            Lane::Second => &mut self.flying_second,
        }
    }
}

#[cfg(test)]
#[path = "tests/lanes.rs"]
mod tests;
