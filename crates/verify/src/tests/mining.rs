//! Headers mined for tests, at the bits they carry; the sim network asks for 16 hashes or so.

use bitcoin::{CompactTarget, TxMerkleNode, block::Version, consensus, hashes::Hash};
use hashwatch_model::{BlockHash, Header, Network};
use hashwatch_sha256d::sha256d;

/// Later than every header that is meant to be good.
pub(crate) const NOW: u64 = 1_900_000_000;
/// When chains begin.
pub(crate) const BEGIN: u32 = 1_700_000_000;

/// A nonce that meets the header's own bits.
pub(crate) fn mine(mut header: Header) -> Header {
    let mut bytes = consensus::serialize(&header);
    let target = header.target();
    while !target.is_met_by(BlockHash::from_byte_array(sha256d(&bytes))) {
        header.nonce += 1;
        bytes[76..].copy_from_slice(&header.nonce.to_le_bytes());
    }
    header
}

/// A header that is not mined yet.
pub(crate) fn header(below: Option<&Header>, time: u32, bits: CompactTarget) -> Header {
    Header {
        version: Version::from_consensus(0x2000_0000),
        prev_blockhash: below.map_or_else(BlockHash::all_zeros, Header::block_hash),
        merkle_root: TxMerkleNode::all_zeros(),
        time,
        bits,
        nonce: 0,
    }
}

/// A chain of `count` headers on top of `below`, `spacing` seconds apart.
pub(crate) fn chain(below: Option<&Header>, count: u32, spacing: u32, bits: CompactTarget) -> Vec<Header> {
    let mut headers: Vec<Header> = Vec::new();
    for _ in 0..count {
        let below = headers.last().or(below);
        let time = below.map_or(BEGIN, |below| below.time + spacing);
        headers.push(mine(header(below, time, bits)));
    }
    headers
}

/// The easiest bits of the sim network.
pub(crate) fn limit() -> CompactTarget {
    Network::Sim.retarget().limit
}

/// As they lie in a file.
pub(crate) fn bytes(headers: &[Header]) -> Vec<u8> {
    headers.iter().flat_map(consensus::serialize).collect()
}
