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
    let headers = source.headers_from(genesis).await.unwrap();
    let hash = |raw: &[u8]| bitcoin::consensus::deserialize::<bitcoin::block::Header>(raw).unwrap().block_hash();
    let ids: Vec<_> =
        (0..).zip(headers.chunks_exact(80)).map(|(height, raw)| BlockId { height, hash: hash(raw) }).collect();
    let blocks = source.blocks(&ids, Want::Whole).await.unwrap();
    let registry = Registry::from_toml("pools.toml", &registry_toml()).unwrap();
    let mut tree = HeaderTree::new(Network::Sim, Start::Trusted(genesis));
    let verified = verify_chunk(&mut tree, Chunk { parent: None, blocks }, NOW).unwrap();
    (origin, attribute_chunk(&registry, verified).blocks, registry)
}

/// Some of the blocks, upon the one below them.
pub(crate) fn chunk(blocks: &[AttributedBlock], from: usize, to: usize) -> Chunk<AttributedBlock> {
    let parent = from.checked_sub(1).map(|below| blocks[below].block.id);
    Chunk { parent, blocks: blocks[from..to].to_vec() }
}
