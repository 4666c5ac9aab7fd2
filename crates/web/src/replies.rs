//! Whole answers kept until the next block: what many ask for is computed, written and compressed once.
//!
//! An answer holds for one commit: a new block, a reorg or another registry is a new one. What is of the present is never kept.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use axum::{
    body::Bytes,
    extract::Request,
    http::{HeaderMap, Method, header},
};
use hashwatch_model::Status;
use tokio::sync::Mutex as Turn;

/// Bytes kept at most, and of one answer.
const ROOM: usize = 64 << 20;
const LARGEST: usize = 2 << 20;
/// Answers kept at most: visitors choose what is asked.
const MOST: usize = 512;
/// Letters of an address, or of a header that chooses among answers: what is longer is a question of its own.
const LONGEST: usize = 512;

/// What an answer belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    address: String,
    accept: String,
    coding: String,
    /// What answers about mainnet rest on beside the blocks: the day, what is published, prices.
    told: String,
}

/// An answer as it is sent.
#[derive(Clone)]
pub(crate) struct Reply {
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
    commit: u64,
    /// What went on when it was made, where it tells of that.
    status: Option<Status>,
}

/// Answers by what was asked.
#[derive(Default)]
pub(crate) struct Replies(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    replies: HashMap<Key, (u64, Reply)>,
    /// Whose turn it is to make an answer.
    turns: HashMap<Key, Weak<Turn<()>>>,
    bytes: usize,
    clock: u64,
}

/// What is asked, where its answer may be kept.
/// `told` is what answers rest on beside the blocks.
pub(crate) fn key(request: &Request, told: String) -> Option<Key> {
    let path = request.uri().path();
    // nodes and proofs change without a commit; a pool's blocks have sizes, which a proof may bring
    let present = [
        "/api/v1/status",
        "/api/v1/nodes",
        "/api/v1/forks",
        "/api/v1/blocks",
        "/api/v1/mining/pool/",
        "/blocks",
        // without an end, and made by the name that the site was asked by
        "/api/v1/alerts/stream",
        "/feeds/alerts",
        // secrets, and what is asked with them
        "/subscri",
        "/static/",
        "/api/v1/openapi.json",
    ];
    if *request.method() != Method::GET || present.iter().any(|one| path.starts_with(one)) {
        return None;
    }
    // what is chosen by several headers of one name is a question of its own
    let text = |name| {
        let mut values = request.headers().get_all(name).iter();
        let first = values.next().map_or(Some(""), |value| value.to_str().ok());
        first.filter(|_| values.next().is_none())
    };
    let address = request.uri().path_and_query()?.as_str();
    let (accept, coding) = (text(header::ACCEPT)?, text(header::ACCEPT_ENCODING)?);
    let short = [address, accept, coding].iter().all(|part| part.len() <= LONGEST);
    short.then(|| Key { address: address.to_owned(), accept: accept.to_owned(), coding: coding.to_owned(), told })
}

impl Key {
    /// Whether the answer tells of the present beside what the blocks say.
    pub(crate) fn tells_of_the_present(&self) -> bool {
        let path = self.address.split('?').next().unwrap_or_default();
        ["/", "/hashrate", "/api/v1/hashrate", "/alerts"].contains(&path)
    }
}

impl Replies {
    /// The answer as of a commit, if it is kept; with the status where it tells of that.
    pub(crate) fn get(&self, key: &Key, commit: u64, now: Option<&Status>) -> Option<Reply> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clock += 1;
        let clock = kept.clock;
        let (used, reply) = kept.replies.get_mut(key)?;
        if reply.commit != commit || reply.status.as_ref() != now {
            return None;
        }
        *used = clock;
        Some(reply.clone())
    }

    /// The turn to make an answer: of many who ask for the same at once the first makes it, and the others find it kept. It ends
    /// with the last who holds it.
    pub(crate) fn turn(&self, key: &Key) -> Arc<Turn<()>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = kept.turns.get(key).and_then(Weak::upgrade) {
            return turn;
        }
        if kept.turns.len() >= MOST {
            kept.turns.retain(|_, turn| turn.strong_count() > 0);
        }
        let turn = Arc::default();
        kept.turns.insert(key.clone(), Arc::downgrade(&turn));
        turn
    }

    pub(crate) fn keep(&self, key: Key, headers: HeaderMap, bytes: Bytes, commit: u64, status: Option<Status>) {
        if bytes.len() > LARGEST {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clock += 1;
        kept.bytes += bytes.len();
        let new = (kept.clock, Reply { headers, bytes, commit, status });
        if let Some((_, old)) = kept.replies.insert(key, new) {
            kept.bytes -= old.bytes.len();
        }
        while kept.bytes > ROOM || kept.replies.len() > MOST {
            let oldest = kept.replies.iter().min_by_key(|(_, (used, _))| *used).map(|(key, _)| key.clone());
            let Some((_, old)) = oldest.and_then(|key| kept.replies.remove(&key)) else { return };
            kept.bytes -= old.bytes.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use hashwatch_model::{StoreState, Sync};

    use super::*;

    fn status(setback: Option<&str>) -> Status {
        Status {
            nodes: Vec::new(),
            store: StoreState::Ok,
            store_kind: "embedded",
            store_version: String::new(),
            sync: Sync::Following,
            refusal: None,
            setback: setback.map(str::to_owned),
            overlay_problems: 0,
            not_evaluated: Vec::new(),
        }
    }

    fn asked(address: &str, accept: &str) -> Option<Key> {
        let request = Request::get(address).header(header::ACCEPT, accept).body(axum::body::Body::empty());
        key(&request.unwrap(), "a day and a dossier".to_owned())
    }

    #[test]
    fn an_answer_holds_for_its_commit_and_its_form() {
        let replies = Replies::default();
        let (json, csv) =
            (asked("/api/v1/shares?window=1w", "*/*").unwrap(), asked("/api/v1/shares?window=1w", "text/csv").unwrap());
        replies.keep(json.clone(), HeaderMap::new(), Bytes::from_static(b"json"), 7, None);
        assert!(replies.get(&json, 7, None).is_some_and(|reply| &*reply.bytes == b"json"));
        assert!(replies.get(&json, 8, None).is_none() && replies.get(&csv, 7, None).is_none());
    }

    #[test]
    fn what_is_of_the_present_is_not_kept() {
        for address in ["/api/v1/status", "/api/v1/nodes", "/api/v1/forks?window=1w", "/api/v1/blocks", "/blocks/5"] {
            assert_eq!(asked(address, "*/*"), None, "{address}");
        }
        let mut several = Request::get("/").body(axum::body::Body::empty()).unwrap();
        for coding in ["", "br"] {
            several.headers_mut().append(header::ACCEPT_ENCODING, coding.parse().unwrap());
        }
        assert_eq!(key(&several, String::new()), None, "the coding would be chosen by both");
        let long = format!("/?{}", "a".repeat(LONGEST));
        assert_eq!(asked(&long, "*/*"), None);
        let (replies, overview) = (Replies::default(), asked("/?window=1w", "text/html").unwrap());
        replies.keep(overview.clone(), HeaderMap::new(), Bytes::from_static(b"page"), 7, Some(status(None)));
        let other = status(Some("the node is away"));
        assert!(replies.get(&overview, 7, Some(&status(None))).is_some());
        assert!(replies.get(&overview, 7, Some(&other)).is_none(), "it tells of what goes on");
    }

    #[test]
    fn a_turn_is_shared_while_somebody_holds_it_and_forgotten_after() {
        let replies = Replies::default();
        let ask = |n: usize| asked(&format!("/api/v1/shares?window={n}"), "*/*").unwrap();
        let first = replies.turn(&ask(1));
        assert!(Arc::ptr_eq(&first, &replies.turn(&ask(1))) && !Arc::ptr_eq(&first, &replies.turn(&ask(2))));
        for n in 2..2 * MOST {
            replies.turn(&ask(n));
        }
        assert!(replies.0.lock().unwrap().turns.len() <= MOST, "those that nobody holds go");
        assert!(Arc::ptr_eq(&first, &replies.turn(&ask(1))));
    }

    #[test]
    fn room_is_bounded() {
        let replies = Replies::default();
        let bytes = Bytes::from(vec![0; LARGEST]);
        let ask = |n: usize| asked(&format!("/api/v1/shares?window={n}"), "*/*").unwrap();
        for n in 1..100 {
            replies.keep(ask(n), HeaderMap::new(), bytes.clone(), 7, None);
            assert!(replies.get(&ask(1), 7, None).is_some(), "what is in use stays");
        }
        let kept = replies.0.lock().unwrap();
        assert_eq!((kept.bytes, kept.replies.len()), (ROOM, ROOM / LARGEST));
        drop(kept);
        replies.keep(ask(200), HeaderMap::new(), Bytes::from(vec![0; LARGEST + 1]), 7, None);
        assert!(replies.get(&ask(200), 7, None).is_none());
    }
}
