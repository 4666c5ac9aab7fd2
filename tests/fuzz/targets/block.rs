//! Hostile bytes as a block: whole, as a front, and through everything that verify looks at in a block by itself.
//!
//! An input is a byte of choices, two bytes that say where the front is cut, and the block.

#![no_main]

use bitcoin::consensus;
use hashwatch_fuzz::{NOW, bounded, mend, stated_height};
use hashwatch_model::{
    BlockHash, BlockId, Body, Chunk, Header, MalformedBlock, Network, RawBlock, Word, block::MAX_TRANSACTIONS,
};
use hashwatch_verify::{HeaderTree, Start, verify_alone, verify_chunk};
use libfuzzer_sys::fuzz_target;

const HEADER_BYTES: usize = 80;
/// The choice that the header is made to fit.
const MENDED: u8 = 8;

fuzz_target!(|data: &[u8]| {
    let Some((&[choices, low, high], bytes)) = data.split_first_chunk() else { return };
    bounded(data.len(), || {
        let network = Network::ALL[usize::from(choices & 7) % Network::ALL.len()];
        let mut bytes = bytes.to_vec();
        if choices & MENDED != 0
            && let Ok(mut block) = consensus::deserialize(&bytes)
        {
            mend(network, &mut block);
            bytes = consensus::serialize(&block);
        }
        let id = BlockId { height: height(&bytes), hash: hash(&bytes) };
        let whole = RawBlock::from_bytes(id, &bytes);
        if let Ok(whole) = &whole {
            look_at_whole(whole, &bytes);
            verify(network, whole);
        }
        let cut = usize::from(u16::from_le_bytes([low, high])) % (bytes.len() + 1);
        look_at_front(id, &bytes, cut, whole.as_ref());
    });
});

/// The block's own name, so that verify gets further than to say that it is another.
fn hash(bytes: &[u8]) -> BlockHash {
    let header = bytes.get(..HEADER_BYTES).and_then(|header| consensus::deserialize::<Header>(header).ok());
    header.map_or_else(|| Network::Regtest.genesis().map(|genesis| genesis.block_hash()).unwrap(), |h| h.block_hash())
}

/// What the coinbase says; of a header alone 0.
fn height(bytes: &[u8]) -> u32 {
    let block: Option<bitcoin::Block> = consensus::deserialize(bytes).ok();
    let first = block.as_ref().and_then(|block| block.txdata.first()?.input.first());
    first.map_or(0, |input| stated_height(&input.script_sig))
}

fn look_at_whole(raw: &RawBlock, bytes: &[u8]) {
    let block: bitcoin::Block = consensus::deserialize(bytes).expect("what decodes once decodes again");
    assert_eq!(consensus::serialize(&block), bytes, "read and written again it is the same");
    assert_eq!((raw.header, raw.tx_count as usize), (block.header, block.txdata.len()));
    let count = consensus::encode::VarInt::from(block.txdata.len()).size();
    assert!(bytes[HEADER_BYTES + count..].starts_with(&raw.coinbase), "the coinbase is what came first");
    assert_eq!(raw.size.map(|size| size as usize), Some(bytes.len()));
    let (size, weight) = (bytes.len() as u64, u64::from(raw.weight().expect("it is whole")));
    assert!((size..=4 * size).contains(&weight), "{size} bytes of weight {weight}");
    let Body::Whole(all) = &raw.body else { panic!("all of it was read") };
    assert_eq!(all.txids.len(), block.txdata.len());
    assert!(all.wtxids.as_ref().is_none_or(|wtxids| wtxids.len() == all.txids.len() && *wtxids != all.txids));
}

/// However much of a block is there, its front is the same or is not there yet.
fn look_at_front(id: BlockId, bytes: &[u8], cut: usize, whole: Result<&RawBlock, &MalformedBlock>) {
    let of_all = RawBlock::from_front(id, bytes, None, Word::Node);
    match RawBlock::from_front(id, &bytes[..cut], None, Word::Node) {
        Err(MalformedBlock::Cut(read)) => assert_eq!(read, cut),
        front => assert!(same(&front, &of_all), "{cut} bytes: {front:?}, all of them: {of_all:?}"),
    }
    let Ok(whole) = whole else { return };
    if whole.tx_count > MAX_TRANSACTIONS {
        assert_eq!(of_all.err(), Some(MalformedBlock::TooMany(whole.tx_count.into())));
        return;
    }
    assert!(same(&of_all, &Ok(whole.clone())), "the front {of_all:?} is not that of {whole:?}");
    let sized = RawBlock::from_front(id, bytes, whole.size, Word::File).expect("with its true size it is a front, too");
    assert_eq!(sized.size, whole.size);
    assert_eq!(sized.weight().is_some(), whole.tx_count == 1, "a coinbase alone is all of the block");
}

fn same(one: &Result<RawBlock, MalformedBlock>, other: &Result<RawBlock, MalformedBlock>) -> bool {
    match (one, other) {
        (Ok(one), Ok(other)) => {
            (one.header, one.tx_count, &one.coinbase) == (other.header, other.tx_count, &other.coinbase)
        }
        (Err(one), Err(other)) => one == other,
        _ => false,
    }
}

/// What verify lets pass, rust-bitcoin does not think wrong; and both ways through verify agree.
fn verify(network: Network, raw: &RawBlock) {
    let alone = verify_alone(network, raw, NOW);
    let mut tree = HeaderTree::new(network, Start::Height(raw.id.height));
    let chunk = Chunk { parent: None, blocks: vec![raw.clone()] };
    let placed = verify_chunk(&mut tree, chunk, NOW);
    match (&alone, &placed) {
        (Ok(coinbase), Ok(chunk)) => {
            let facts = chunk.blocks[0].facts();
            assert_eq!((&facts.coinbase, facts.id, facts.tx_count), (coinbase, raw.id, raw.tx_count));
            assert!(raw.header.validate_pow(raw.header.target()).is_ok());
            let Body::Whole(all) = &raw.body else { return };
            let leaves = all.txids.iter().map(|txid| bitcoin::hashes::Hash::from_byte_array(*txid));
            assert_eq!(bitcoin::merkle_tree::calculate_root(leaves), Some(raw.header.merkle_root));
        }
        (Err(one), Err(other)) => {
            assert_eq!(one, other);
            // it goes into logs and pages
            assert!(one.to_string().len() < 2_000, "{one}");
        }
        _ => panic!("alone {alone:?}, in its place {placed:?}"),
    }
}
