//! Branches beside the active chain: where they end, what is said of them, their headers.

use bitcoin::Block;
use hashwatch_model::BlockId;
use hashwatch_node::{BranchTip, MAX_BRANCH, NodeError, RpcNode, Source, Standing};
use serde_json::{Value, json};

use crate::{
    bulk::{by_rpc, headers_of},
    fake_node::{FakeNode, Reply},
    files::open,
    made::{Directory, chain, genesis, id, mine},
};

fn tip(height: u32, block: &Block, length: u32, standing: Standing) -> BranchTip {
    BranchTip { id: id(height, block), length, standing }
}

fn told(tip: &BranchTip, status: &str) -> Value {
    json!({"height": tip.id.height, "hash": tip.id.hash, "branchlen": tip.length, "status": status})
}

fn node_with(tips: Vec<Value>, active: Vec<Block>, known: Vec<Block>) -> (FakeNode, RpcNode) {
    let node = FakeNode::start(move |asked| match asked.method.as_str() {
        "getchaintips" => Reply::result(json!(tips)),
        _ => by_rpc(asked, &active, &known),
    });
    let client = node.client();
    (node, client)
}

#[tokio::test]
async fn a_node_says_how_each_branch_stands() {
    let active = chain(&genesis(), 8, "a");
    let branch = chain(&active[3], 4, "branch");
    let standings = [
        ("headers-only", Standing::HeadersOnly),
        ("valid-headers", Standing::ValidHeaders),
        ("valid-fork", Standing::ValidFork),
        ("invalid", Standing::Invalid),
        ("a status of the future", Standing::Unknown),
        ("active", Standing::Unknown),
    ];
    let expected: Vec<BranchTip> = (1..).zip(standings).map(|(n, (_, is))| tip(n + 3, &branch[1], n, is)).collect();
    let mut tips: Vec<Value> = expected.iter().zip(standings).map(|(tip, (status, _))| told(tip, status)).collect();
    tips.push(told(&tip(8, &active[8], 0, Standing::Unknown), "active"));
    let (_node, client) = node_with(tips, active, branch);
    assert_eq!(client.branch_tips().await.unwrap(), expected);
    for (name, standing) in standings {
        assert_eq!(standing.name(), if standing == Standing::Unknown { "unknown" } else { name });
    }
}

#[tokio::test]
async fn a_branch_is_walked_down_to_its_fork() {
    let active = chain(&genesis(), 8, "a");
    let branch = chain(&active[3], 4, "branch");
    let (_node, client) = node_with(vec![], active.clone(), branch.clone());
    for length in 1..=4_u8 {
        let end = usize::from(length);
        let tip = tip(3 + u32::from(length), &branch[end], length.into(), Standing::Invalid);
        assert_eq!(client.branch_headers(&tip).await.unwrap(), headers_of(&branch[1..=end]));
    }
    let unknown = tip(5, &mine(&active[4], "unknown"), 2, Standing::ValidFork);
    assert!(matches!(client.branch_headers(&unknown).await, Err(NodeError::BlockMissing { .. })));
    // down to the genesis block, and no further
    let all = tip(7, &branch[4], 8, Standing::ValidFork);
    let whole = [&active[..=3], &branch[1..]].concat();
    assert_eq!(client.branch_headers(&all).await.unwrap(), headers_of(&whole));
    let more = BranchTip { length: 9, ..all };
    assert!(matches!(client.branch_headers(&more).await, Err(NodeError::BlockMissing { .. })));
}

#[tokio::test]
async fn branches_that_a_node_makes_up() {
    let active = chain(&genesis(), 2, "a");
    let long = tip(9, &active[2], MAX_BRANCH + 1, Standing::ValidFork);
    let (node, client) = node_with(vec![], active.clone(), vec![]);
    let error = client.branch_headers(&long).await.unwrap_err();
    assert!(matches!(error, NodeError::BranchTooLong { length: 10_001, limit: MAX_BRANCH, .. }), "{error:?}");
    assert_eq!(node.requests.load(std::sync::atomic::Ordering::SeqCst), 0);

    let other = bitcoin::consensus::encode::serialize_hex(&active[1].header);
    let liar = FakeNode::start(move |_| Reply::result(json!(other)));
    let error = liar.client().branch_headers(&BranchTip { length: 2, ..long }).await.unwrap_err();
    assert!(matches!(error, NodeError::NotAskedFor { .. }), "{error:?}");

    let odd = json!([{"height": 4, "hash": "zz", "branchlen": -1, "status": []}]);
    let liar = FakeNode::start(move |_| Reply::result(odd.clone()));
    assert!(matches!(liar.client().branch_tips().await, Err(NodeError::Malformed { .. })));
}

#[tokio::test]
async fn branches_in_block_files() {
    let active = chain(&genesis(), 8, "a");
    let branch = chain(&active[3], 3, "branch");
    let twig = chain(&branch[1], 1, "twig");
    let lone = mine(&active[6], "lone");
    let detached = mine(&mine(&active[1], "nowhere"), "detached");
    let directory = Directory::new(None);
    directory.append_all(0, &active);
    for block in [&branch[3], &twig[1], &branch[1], &detached, &lone, &branch[2]] {
        directory.append(1, block);
    }
    let source = open(&directory);
    let expected = {
        let is = Standing::ValidHeaders;
        let mut tips = vec![tip(5, &twig[1], 2, is), tip(6, &branch[3], 3, is), tip(7, &lone, 1, is)];
        tips.sort_by_key(|tip| tip.id);
        tips
    };
    assert_eq!(source.branch_tips().await.unwrap(), expected);
    let headers = async |tip: &BranchTip| source.branch_headers(tip).await;
    assert_eq!(headers(&expected[0]).await.unwrap(), headers_of(&[branch[1].clone(), twig[1].clone()]));
    assert_eq!(headers(&expected[1]).await.unwrap(), headers_of(&branch[1..]));
    assert_eq!(headers(&expected[2]).await.unwrap(), headers_of(&[lone]));

    let deep = BranchTip { length: 8, ..expected[1] };
    assert!(matches!(headers(&deep).await, Err(NodeError::BlockMissing { .. })), "genesis ends it after seven");
    let long = BranchTip { length: MAX_BRANCH + 1, ..expected[1] };
    assert!(matches!(headers(&long).await, Err(NodeError::BranchTooLong { .. })));
    let unknown = BranchTip { id: BlockId { hash: mine(&active[2], "x").block_hash(), ..deep.id }, ..deep };
    assert!(matches!(headers(&unknown).await, Err(NodeError::BlockMissing { .. })));

    // the same blocks on a trusted start, higher up
    let start = Some(id(5, &active[5]));
    let files =
        hashwatch_node::BlockFiles::open("f", directory.path(), hashwatch_model::Network::Regtest, start).unwrap();
    let pruned = Source::Files(files);
    assert_eq!(pruned.branch_tips().await.unwrap(), expected[2..]);
    assert_eq!(pruned.headers_from(id(5, &active[5])).await.unwrap(), headers_of(&active[5..]));
    assert!(pruned.headers_from(id(4, &active[4])).await.unwrap().is_empty());
}
