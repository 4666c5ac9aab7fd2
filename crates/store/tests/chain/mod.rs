//! A simulated chain for the tests of the store, taken through every step that comes before it.

use std::path::Path;

use hashwatch_attribute::attribute_chunk;
use hashwatch_model::{AttributedBlock, BlockId, Chunk, Network, Origin};
use hashwatch_node::{BlockFiles, Source, Want};
use hashwatch_registry::Registry;
use hashwatch_simulate::{Plan, generate, registry_toml};
use hashwatch_verify::{HeaderTree, Start, verify_chunk};

const NOW: u64 = 4_000_000_000;

/// A chain made of the plan, read and verified and attributed as the binary does it.
pub(crate) async fn chain(dir: &Path, blocks: u32, seed: u64) -> (Origin, Vec<AttributedBlock>, Registry) {
    let note = generate(&Plan::new(Network::Sim, blocks, seed), dir, |_| {}).unwrap();
    let origin = note.origin();
    let genesis = BlockId { height: 0, hash: origin.start };
    let source = Source::Files(BlockFiles::open("test", dir, Network::Sim, Some(genesis)).unwrap());
    let registry = Registry::from_toml("pools.toml", &registry_toml()).unwrap();
    let ids = active_chain(&source, genesis).await;
    let mut tree = HeaderTree::new(Network::Sim, Start::Trusted(genesis));
    let mut attributed: Vec<AttributedBlock> = Vec::new();
    for run in ids.chunks(1_000) {
        let parent = attributed.last().map(|below| below.block.id);
        let blocks = source.blocks(run, Want::Whole).await.unwrap();
        let verified = verify_chunk(&mut tree, Chunk { parent, blocks }, NOW).unwrap();
        attributed.extend(attribute_chunk(&registry, verified).blocks);
    }
    (origin, attributed, registry)
}

/// Every block of a source, from the genesis up: headers come some at a time.
async fn active_chain(source: &Source, genesis: BlockId) -> Vec<BlockId> {
    let hash = |raw: &[u8]| bitcoin::consensus::deserialize::<bitcoin::block::Header>(raw).unwrap().block_hash();
    let mut ids = vec![genesis];
    loop {
        let last = ids[ids.len() - 1];
        let headers = source.headers_from(last).await.unwrap();
        let above = (last.height + 1..).zip(headers.chunks_exact(80).skip(1));
        let before = ids.len();
        ids.extend(above.map(|(height, raw)| BlockId { height, hash: hash(raw) }));
        if ids.len() == before {
            return ids;
        }
    }
}

/// Some of the blocks, upon the one below them.
pub(crate) fn chunk(blocks: &[AttributedBlock], from: usize, to: usize) -> Chunk<AttributedBlock> {
    let parent = from.checked_sub(1).map(|below| blocks[below].block.id);
    Chunk { parent, blocks: blocks[from..to].to_vec() }
}
