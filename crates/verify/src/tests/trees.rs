//! The tree against one that walks from parent to parent and keeps everything.

use bitcoin::{TxMerkleNode, hashes::Hash};
use hashwatch_model::{BlockHash, BlockId, Header, Network, Work};
use proptest::prelude::*;

use super::mining::{BEGIN, NOW, bytes, chain, header, limit, mine};
use crate::{HeaderTree, Place, Rule, Start, tip::HASHED};

/// What the tree should know, found the long way.
#[derive(Debug)]
struct Model {
    network: Network,
    base: u32,
    headers: Vec<Header>,
    parents: Vec<Option<usize>>,
    works: Vec<Work>,
}

impl Model {
    /// Each header stands on one before it: mostly on the last.
    fn grow(network: Network, base: u32, shape: &[(bool, prop::sample::Index, i64)]) -> Model {
        let mut model = Model { network, base, headers: Vec::new(), parents: Vec::new(), works: Vec::new() };
        for (place, (near, pick, late)) in shape.iter().enumerate() {
            let parent = match place {
                0 => None,
                _ if *near => Some(place - 1),
                _ => Some(pick.index(place)),
            };
            let time = parent.map_or(i64::from(BEGIN), |parent| {
                (i64::from(model.headers[parent].time) + late).max(i64::from(model.median(parent)) + 1)
            });
            let below = parent.map(|parent| &model.headers[parent]);
            let mut top = header(below, u32::try_from(time).unwrap(), network.retarget().limit);
            // two on one parent at one time are still two
            let mut root = [0; 32];
            root[0] = u8::try_from(place).unwrap();
            top.merkle_root = TxMerkleNode::from_byte_array(root);
            let work = parent.map_or(top.work(), |parent| model.works[parent] + top.work());
            model.works.push(work);
            model.headers.push(mine(top));
            model.parents.push(parent);
        }
        model
    }

    /// From a header down to the first.
    fn down(&self, from: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(from), |at| self.parents[*at])
    }

    fn hash(&self, at: usize) -> BlockHash {
        self.headers[at].block_hash()
    }

    fn id(&self, at: usize) -> BlockId {
        BlockId { height: self.base + u32::try_from(self.down(at).count() - 1).unwrap(), hash: self.hash(at) }
    }

    fn median(&self, at: usize) -> u32 {
        let mut times: Vec<u32> = self.down(at).take(11).map(|at| self.headers[at].time).collect();
        times.sort_unstable();
        times[times.len() / 2]
    }

    fn place(&self, at: usize) -> Place {
        Place { id: self.id(at), median_time: self.median(at), chainwork: self.works[at] }
    }

    fn empty(&self) -> HeaderTree {
        let start = if self.base == 0 { Start::Genesis } else { Start::Height(self.base) };
        HeaderTree::new(self.network, start)
    }

    /// Some order in which no header comes before its parent.
    fn order(&self, turns: &[u8]) -> Vec<usize> {
        let mut order: Vec<usize> = Vec::new();
        while order.len() < self.headers.len() {
            let ready = (0..self.headers.len())
                .filter(|at| !order.contains(at) && self.parents[*at].is_none_or(|parent| order.contains(&parent)));
            order.extend(ready.min_by_key(|at| turns[*at % turns.len()]));
        }
        order
    }

    /// The end with most work, of equals the one that came first.
    fn best(&self, order: &[usize]) -> Option<BlockId> {
        let first_most =
            order.iter().copied().reduce(|best, at| if self.works[at] > self.works[best] { at } else { best });
        first_most.map(|at| self.id(at))
    }

    fn agrees(&self, tree: &HeaderTree) {
        let all = 0..self.headers.len();
        let ends = all.clone().filter(|at| !self.parents.contains(&Some(*at))).count();
        assert_eq!((tree.count(), tree.ends().len()), (self.headers.len(), ends));
        for at in all.clone() {
            let (id, down) = (self.id(at), self.down(at).map(|at| self.id(at)).collect::<Vec<_>>());
            assert!(tree.contains(id.hash));
            assert_eq!(tree.place(id.hash), Some(self.place(at)));
            assert_eq!(tree.chainwork(id.hash), Some(self.works[at]));
            for height in self.base.saturating_sub(1)..=id.height + 1 {
                let known = down.iter().find(|id| id.height == height).copied();
                assert_eq!(tree.ancestor(id.hash, height), known, "{height} below {id}");
            }
            for (from, to) in [(0, u32::MAX), (self.base + 1, id.height), (id.height / 2, id.height), (id.height, 0)] {
                let path: Vec<_> = down.iter().rev().filter(|id| (from..=to).contains(&id.height)).copied().collect();
                assert_eq!(tree.path(id.hash, from, to), path, "{from} to {to} below {id}");
            }
            for other in all.clone() {
                let theirs: Vec<usize> = self.down(other).collect();
                let fork = self.down(at).find(|at| theirs.contains(at)).map(|at| self.id(at));
                assert_eq!(tree.fork(id.hash, self.hash(other)), fork);
            }
        }
    }
}

fn model() -> impl Strategy<Value = Model> {
    let networks = prop::sample::select(vec![Network::Sim, Network::Regtest]);
    let bases = prop::sample::select(vec![0_u32, 1, 7, 1_000, 2_010, 2_016]);
    let shape = (prop::bool::weighted(0.8), any::<prop::sample::Index>(), -900..2_500_i64);
    (networks, bases, prop::collection::vec(shape, 1..70)).prop_map(|(network, base, shape)| {
        // regtest has a genesis of its own
        let base = if network == Network::Regtest { base.max(1) } else { base };
        Model::grow(network, base, &shape)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_order_gives_the_same_tree(
        model in model(),
        turns in prop::collection::vec(any::<u8>(), 70),
        again in any::<prop::sample::Index>(),
    ) {
        let order = model.order(&turns);
        let mut tree = model.empty();
        let mut fed = 0;
        while fed < order.len() {
            let end = (fed + 1 + usize::from(turns[fed] % 6)).min(order.len());
            let mut run: Vec<Header> = order[fed..end].iter().map(|at| model.headers[*at]).collect();
            // what is known comes by again, before what is new and after it
            run.insert(0, model.headers[order[again.index(fed.max(1))]]);
            run.push(model.headers[order[again.index(end)]]);
            tree.extend(&bytes(&run), NOW).unwrap();
            fed = end;
            prop_assert_eq!(tree.best(), model.best(&order[..fed]));
        }
        prop_assert_eq!(tree.count(), model.headers.len());
        model.agrees(&tree);

        let best = tree.best();
        tree.extend(&bytes(&model.headers), NOW).unwrap();
        for header in model.headers.iter().rev() {
            tree.push(header, NOW).unwrap();
        }
        prop_assert_eq!((tree.best(), tree.count()), (best, model.headers.len()));
        model.agrees(&tree);

        // a second first block has no place here
        let mut stranger = model.headers[0];
        stranger.merkle_root = TxMerkleNode::from_byte_array([1; 32]);
        let refusal = tree.push(&mine(stranger), NOW).unwrap_err();
        prop_assert_eq!(refusal.rule, Rule::Link);
        prop_assert!(!tree.contains(refusal.hash) && tree.place(refusal.hash).is_none());
        prop_assert_eq!(tree.fork(refusal.hash, best.unwrap().hash), None);
        prop_assert_eq!(tree.path(refusal.hash, 0, u32::MAX), vec![]);
        prop_assert_eq!((tree.best(), tree.count()), (best, model.headers.len()));
    }
}

/// Branches that take turns header by header, or run by run, cost no more than one chain does.
#[test]
fn each_header_is_hashed_once() {
    let trunk = chain(None, 20, 600, limit());
    let branches = [601, 602, 603].map(|spacing| chain(trunk.last(), 900, spacing, limit()));
    for turn in [1, 2, 7, 600] {
        let mut headers = trunk.clone();
        for from in (0..900).step_by(turn) {
            headers.extend(branches.iter().flat_map(|branch| &branch[from..(from + turn).min(900)]));
        }
        let mut tree = HeaderTree::new(Network::Sim, Start::Genesis);
        let before = HASHED.get();
        tree.extend(&bytes(&headers), NOW).unwrap();
        assert_eq!((HASHED.get() - before, tree.count()), (headers.len(), headers.len()), "{turn} at a time");
        let ends: Vec<_> = tree.ends().iter().map(|end| (end.height, end.hash)).collect();
        assert_eq!(ends, branches.each_ref().map(|branch| (919, branch[899].block_hash())));
        // and again, all of them known
        let before = HASHED.get();
        tree.extend(&bytes(&headers), NOW).unwrap();
        assert_eq!((HASHED.get() - before, tree.count()), (headers.len(), headers.len()));
    }
}
