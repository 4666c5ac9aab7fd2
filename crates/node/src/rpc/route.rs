//! Which way headers and blocks come from a node: the first that works of those that may be taken. The choice is said in
//! one log line, with the reason, and again when it changes.

use std::{
    fmt,
    str::FromStr,
    sync::{Mutex, PoisonError},
};

use crate::NodeError;

/// How headers and blocks come from a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Route {
    /// By the first of the others that the node and the file system offer.
    #[default]
    Auto,
    /// Fronts of blocks out of the node's block files; the rest as with `Auto`.
    Files,
    /// Fronts of blocks by REST's `blockpart` (Bitcoin Core v31 on); the rest by REST.
    Blockpart,
    /// All by REST.
    Rest,
    /// All by JSON-RPC.
    Rpc,
}

impl Route {
    const ALL: [Route; 5] = [Route::Auto, Route::Files, Route::Blockpart, Route::Rest, Route::Rpc];

    /// The word in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Route::Auto => "auto",
            Route::Files => "files",
            Route::Blockpart => "blockpart",
            Route::Rest => "rest",
            Route::Rpc => "rpc",
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that names no route.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no route: auto, files, blockpart, rest or rpc")]
pub struct UnknownRoute(String);

impl FromStr for Route {
    type Err = UnknownRoute;

    fn from_str(word: &str) -> Result<Route, UnknownRoute> {
        Route::ALL.into_iter().find(|route| route.name() == word).ok_or_else(|| UnknownRoute(word.to_owned()))
    }
}

/// What may come one way or another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Headers,
    Fronts,
    Wholes,
}

/// One way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Files,
    Blockpart,
    Rest,
    Rpc,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Way::Files => "the node's block files",
            Way::Blockpart => "REST, their first part alone",
            Way::Rest => "REST",
            Way::Rpc => "RPC",
        }
    }
}

/// What is known of one node's ways.
pub(super) struct Routes {
    wish: Route,
    /// Whether its block files can be read.
    files: bool,
    found: Mutex<Found>,
}

#[derive(Default)]
struct Found {
    /// What the log was told last, of each kind.
    said: [Option<Way>; 3],
    /// How many outages of the node lay behind when it was found not to have a way: it may come back with it.
    off_after: [Option<u32>; 4],
    /// Why that way is off.
    reason: Option<String>,
}

impl Routes {
    pub(super) fn new(wish: Route, files: bool) -> Routes {
        Routes { wish, files, found: Mutex::default() }
    }

    /// The ways to try, best first. `outages` is the node's count of them.
    pub(super) fn ways(&self, kind: Kind, outages: u32) -> Vec<Way> {
        let all: &[Way] = match (self.wish, kind) {
            (Route::Auto, Kind::Fronts) => &[Way::Files, Way::Blockpart, Way::Rest, Way::Rpc],
            (Route::Files, Kind::Fronts) => &[Way::Files],
            (Route::Auto | Route::Files, _) => &[Way::Rest, Way::Rpc],
            (Route::Blockpart, Kind::Fronts) => &[Way::Blockpart],
            (Route::Blockpart | Route::Rest, _) => &[Way::Rest],
            (Route::Rpc, _) => &[Way::Rpc],
        };
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let open = |way: &Way| found.off_after[*way as usize] != Some(outages) && (*way != Way::Files || self.files);
        // of a single way its own error is the answer
        if all.len() == 1 { all.to_vec() } else { all.iter().copied().filter(open).collect() }
    }

    /// The node does not have this way.
    pub(super) fn is_off(&self, way: Way, outages: u32, reason: &NodeError) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.off_after[way as usize] = Some(outages);
        found.reason = Some(reason.to_string());
    }

    /// Something came this way.
    pub(super) fn took(&self, node: &str, kind: Kind, way: Way) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if found.said[kind as usize].replace(way) == Some(way) {
            return;
        }
        let reason = match (self.wish, way, &found.reason) {
            (Route::Auto, Way::Files, _) => "they can be read on this machine".to_owned(),
            (Route::Auto, Way::Blockpart, _) => "the node has it".to_owned(),
            (Route::Auto, Way::Rest, None) => "the node has REST on".to_owned(),
            (Route::Auto, _, Some(reason)) => reason.clone(),
            _ => format!("configured: {}", self.wish),
        };
        let what = match kind {
            Kind::Headers => "headers",
            Kind::Fronts => "old blocks",
            Kind::Wholes => "new blocks",
        };
        tracing::info!(node, reason, "{what} come by {}", way.name());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_have_names() {
        for route in Route::ALL {
            assert_eq!(route.to_string().parse(), Ok(route));
        }
        assert_eq!(
            "REST".parse::<Route>().unwrap_err().to_string(),
            "`REST` is no route: auto, files, blockpart, rest or rpc"
        );
    }

    #[test]
    fn a_way_that_is_off_is_tried_again_after_an_outage() {
        let routes = Routes::new(Route::Auto, false);
        let off = NodeError::Http { asked: "GET /rest".to_owned(), status: 404, said: String::new() };
        routes.is_off(Way::Blockpart, 3, &off);
        assert_eq!(routes.ways(Kind::Fronts, 3), [Way::Rest, Way::Rpc]);
        assert_eq!(routes.ways(Kind::Fronts, 4), [Way::Blockpart, Way::Rest, Way::Rpc]);
        let forced = Routes::new(Route::Blockpart, true);
        forced.is_off(Way::Blockpart, 3, &off);
        assert_eq!(forced.ways(Kind::Fronts, 3), [Way::Blockpart], "what is forced never becomes another way");
        assert_eq!(Routes::new(Route::Auto, true).ways(Kind::Wholes, 0), [Way::Rest, Way::Rpc]);
    }
}
