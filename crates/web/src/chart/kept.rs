//! Pictures drawn lately: a bounded memory, oldest out first.

use std::collections::{HashMap, VecDeque};

use sha2::{Digest, Sha256};

use super::Order;

/// Whoever can choose data must not be able to choose another picture's key: a cryptographic hash.
pub(super) type Key = [u8; 32];

pub(super) fn key(order: &Order) -> Key {
    let mut hash = Sha256::new();
    for text in [&*order.name, order.theme.name(), &*order.json] {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    hash.update(order.size.width.to_le_bytes());
    hash.update(order.size.height.to_le_bytes());
    hash.finalize().into()
}

pub(super) struct Kept {
    room: usize,
    pictures: HashMap<Key, String>,
    order: VecDeque<Key>,
}

impl Kept {
    pub(super) fn new(room: usize) -> Kept {
        Kept { room, pictures: HashMap::new(), order: VecDeque::new() }
    }

    pub(super) fn get(&self, key: Key) -> Option<String> {
        self.pictures.get(&key).cloned()
    }

    pub(super) fn put(&mut self, key: Key, svg: String) {
        if self.pictures.insert(key, svg).is_none() {
            self.order.push_back(key);
        }
        while self.order.len() > self.room {
            if let Some(oldest) = self.order.pop_front() {
                self.pictures.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{Size, Theme};

    #[test]
    fn every_part_of_an_order_is_in_its_key() {
        let order = |name: &str, json: &str, width, theme| {
            key(&Order { name: name.into(), json: json.into(), size: Size { width, height: 1 }, theme })
        };
        let first = order("a", "bc", 1, Theme::Light);
        for other in [
            order("ab", "c", 1, Theme::Light),
            order("a", "bd", 1, Theme::Light),
            order("a", "bc", 2, Theme::Light),
            order("a", "bc", 1, Theme::Dark),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn the_oldest_goes_first() {
        let mut kept = Kept::new(2);
        for n in 0..3_u8 {
            kept.put([n; 32], n.to_string());
        }
        kept.put([2; 32], "2".to_owned());
        assert_eq!([0, 1, 2].map(|n| kept.get([n; 32])), [None, Some("1".to_owned()), Some("2".to_owned())]);
    }
}
