//! How each node stands to the chain that is stored, and when it was seen to have the latest blocks.

use std::collections::HashMap;

use axum::{Json, extract::State, http::Uri};
use hashwatch_model::{BlockHash, BlockId, NodeStatus};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::{Answer, BlockIdFields, NodeFields, id_fields, node_fields},
    asked::Asked,
    openapi::{Refusals, words::HashText},
    params::Params,
    state::WebState,
    table::Answered,
};

/// Latest blocks whose sightings are told.
const LATEST: u32 = 10;

/// By node and milliseconds since 1970, for each block.
pub(crate) type Sightings = HashMap<BlockHash, Vec<(String, u64)>>;

/// How a node stands to our tip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The last block that both chains share.
    pub(crate) ancestor: BlockId,
    /// The node's blocks above it.
    pub(crate) theirs: u32,
    /// Ours.
    pub(crate) ours: u32,
}

impl Standing {
    /// None while the node has not told its tip, or where the chains part is not known.
    pub(crate) fn of(node: &NodeStatus, ours: BlockId) -> Option<Standing> {
        let tip = node.tip?;
        // where the chains part is told a moment after our tip is written
        let ancestor = if tip == ours { ours } else { node.ancestor? };
        Some(Standing {
            ancestor,
            theirs: tip.height.saturating_sub(ancestor.height),
            ours: ours.height.saturating_sub(ancestor.height),
        })
    }

    /// Whether neither chain is merely ahead of the other.
    pub(crate) fn disagrees(&self) -> bool {
        self.theirs > 0 && self.ours > 0
    }
}

/// Blocks that a node lies below the highest tip among all nodes and us. A height that is only claimed is no tip: where it
/// leaves our chain is known once its headers are.
fn lag(nodes: &[NodeStatus], node: &NodeStatus, ours: BlockId) -> Option<u32> {
    let verified = nodes.iter().filter(|node| node.ancestor.is_some()).filter_map(|node| node.tip);
    let best = verified.map(|tip| tip.height).fold(ours.height, u32::max);
    node.tip.map(|tip| best.saturating_sub(tip.height))
}

/// How a node's chain stands to ours, as `/nodes` and `/forks` tell it alike.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StandingFields {
    /// The last block that its active chain shares with ours: its tip where it is behind, ours where it is ahead.
    #[schema(required)]
    ancestor: Option<BlockIdFields>,
    /// Both have blocks above the ancestor. Null while the node has told no tip, or where the chains part is not known yet.
    #[schema(required)]
    disagrees: Option<bool>,
    /// Null where they do not disagree.
    #[schema(required)]
    disagreement: Option<DisagreementFields>,
}

/// Blocks above the last shared one.
#[derive(Debug, Serialize, ToSchema)]
struct DisagreementFields {
    theirs: u32,
    ours: u32,
}

pub(crate) fn standing_fields(node: &NodeStatus, ours: BlockId) -> StandingFields {
    let standing = Standing::of(node, ours);
    let parted = standing.filter(Standing::disagrees);
    StandingFields {
        ancestor: standing.map(|standing| id_fields(standing.ancestor)),
        disagrees: standing.map(|standing| standing.disagrees()),
        disagreement: parted.map(|parted| DisagreementFields { theirs: parted.theirs, ours: parted.ours }),
    }
}

/// How each node stands to the chain that is stored, and when it was seen to have the latest blocks.
#[utoipa::path(
    get,
    path = "/api/v1/nodes",
    tag = "The chain",
    params(),
    responses((status = 200, description = "Nodes", body = Answered<NodesFields>), Refusals)
)]
pub(crate) async fn nodes(State(state): State<WebState>, uri: Uri) -> Answer<Answered<NodesFields>> {
    let asked = Asked::now(&state, Params::of(&uri)).await?;
    let (now, snapshot) = (state.status.borrow().clone(), &asked.view);
    let tip = snapshot.mark().tip;
    let latest = snapshot.active_ids(tip.height.saturating_sub(LATEST - 1), tip.height).await?;
    let seen = snapshot.sightings(&latest).await?;
    let nodes = now.nodes.iter().map(|node| one(&now.nodes, node, tip, &latest, &seen)).collect();
    Ok(Json(Answered::new(&state, &asked, "How each node stands to the chain", NodesFields { nodes })))
}

/// How each node stands to the chain that is stored.
#[derive(Serialize, ToSchema)]
pub(crate) struct NodesFields {
    nodes: Vec<WatchedFields>,
}

/// A node, and what was seen of it.
#[derive(Debug, Serialize, ToSchema)]
struct WatchedFields {
    #[serde(flatten)]
    node: NodeFields,
    /// Blocks that its tip lies below the highest among all nodes and us.
    #[schema(required)]
    lag: Option<u32>,
    #[serde(flatten)]
    standing: StandingFields,
    /// Those of the latest ten blocks of our chain that it was seen to get, newest first.
    #[schema(max_items = 10)]
    first_seen_last: Vec<SeenBlockFields>,
}

/// A block that a node was seen to have.
#[derive(Debug, Serialize, ToSchema)]
struct SeenBlockFields {
    height: u32,
    #[schema(value_type = HashText)]
    hash: String,
    /// Milliseconds since 1970, on hashwatch's clock.
    first_seen_ms: u64,
}

fn one(nodes: &[NodeStatus], node: &NodeStatus, ours: BlockId, latest: &[BlockId], seen: &Sightings) -> WatchedFields {
    let first_seen = latest.iter().rev().filter_map(|id| {
        let (_, at) = seen.get(&id.hash)?.iter().find(|(name, _)| *name == node.name)?;
        Some(SeenBlockFields { height: id.height, hash: id.hash.to_string(), first_seen_ms: *at })
    });
    WatchedFields {
        node: node_fields(node, Some(ours.height)),
        lag: lag(nodes, node, ours),
        standing: standing_fields(node, ours),
        first_seen_last: first_seen.collect(),
    }
}

#[cfg(test)]
mod tests {
    use hashwatch_model::NodeState;
    use serde_json::json;

    use super::*;

    fn id(height: u32, digits: &str) -> BlockId {
        BlockId { height, hash: digits.repeat(32).parse().unwrap() }
    }

    fn node(tip: Option<BlockId>, ancestor: Option<BlockId>) -> NodeStatus {
        let (name, version) = ("n".to_owned(), None);
        NodeStatus {
            name,
            state: NodeState::Ok,
            version,
            tip,
            ancestor,
            network_hashes_per_second: None,
            more_work: None,
            refused: None,
        }
    }

    #[test]
    fn only_a_node_on_another_branch_disagrees() {
        let ours = id(10, "aa");
        let (ahead, behind) = (node(Some(id(12, "bb")), Some(ours)), node(Some(id(8, "cc")), Some(id(8, "cc"))));
        // what it was said to share with the tip before does not count against it
        let same = node(Some(ours), Some(id(9, "dd")));
        for node in [&ahead, &behind, &same] {
            assert!(!Standing::of(node, ours).unwrap().disagrees(), "{node:?}");
        }
        let beside = node(Some(id(11, "ee")), Some(id(8, "cc")));
        let parted = Standing::of(&beside, ours).unwrap();
        assert_eq!((parted.disagrees(), parted.theirs, parted.ours), (true, 3, 2));
        assert_eq!(Standing::of(&node(Some(id(8, "cc")), None), ours), None);
        assert_eq!(Standing::of(&node(None, Some(ours)), ours), None);
    }

    #[test]
    fn lag_is_behind_the_best_of_all() {
        let at = |height, digits| node(Some(id(height, digits)), Some(id(8, "ee")));
        let claims = node(Some(id(u32::MAX, "ff")), None);
        let nodes = [at(12, "bb"), at(9, "aa"), node(None, None), claims];
        let lags = |ours| nodes.iter().map(|node| lag(&nodes, node, ours)).collect::<Vec<_>>();
        assert_eq!(lags(id(10, "cc")), [Some(0), Some(3), None, Some(0)]);
        assert_eq!(lags(id(20, "cc")), [Some(8), Some(11), None, Some(0)]);
    }

    /// The shape that docs/api.md promises.
    #[test]
    fn a_node_as_it_is_told() {
        let ours = id(10, "aa");
        let beside = node(Some(id(10, "ee")), Some(id(9, "cc")));
        let seen = HashMap::from([(ours.hash, vec![("m".to_owned(), 5), ("n".to_owned(), 7)])]);
        let told = one(std::slice::from_ref(&beside), &beside, ours, &[id(9, "cc"), ours], &seen);
        assert_eq!(
            json!(told),
            json!({
                "name": "n", "state": "ok", "detail": null, "version": null, "behind_by": 0, "lag": 0,
                "tip": { "height": 10, "hash": "ee".repeat(32) }, "ancestor": { "height": 9, "hash": "cc".repeat(32) },
                "disagrees": true, "disagreement": { "theirs": 1, "ours": 1 }, "node_not_on_most_work": null,
                "first_seen_last": [{ "height": 10, "hash": "aa".repeat(32), "first_seen_ms": 7 }],
            })
        );
        let unknown = json!(one(&[], &node(None, None), ours, &[], &seen));
        assert_eq!(
            (&unknown["disagrees"], &unknown["lag"], &unknown["tip"]),
            (&json!(null), &json!(null), &json!(null))
        );
    }
}
