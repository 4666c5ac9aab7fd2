//! Real headers and blocks: the rules must accept what the networks accepted, and refuse it once it is bent.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use bitcoin::{Transaction, TxOut, consensus, consensus::Decodable, hashes::Hash};
use hashwatch_model::{BlockHash, BlockId, Chunk, Header, Network, RawBlock};
use hashwatch_tests::shared::shared;
use hashwatch_verify::{HeaderChain, Rule, Start, verify_branch, verify_chunk};

/// Later than every header here.
const NOW: u64 = 1_800_000_000;

fn headers(file: &str) -> Option<Vec<Header>> {
    let bytes = std::fs::read(shared(&format!("real/headers/{file}"))?).unwrap();
    assert_eq!(bytes.len() % 80, 0);
    Some(bytes.chunks_exact(80).map(|mut raw| Header::consensus_decode(&mut raw).unwrap()).collect())
}

fn accept(network: Network, start: Start, headers: &[Header]) -> HeaderChain {
    let mut chain = HeaderChain::new(network, start);
    for header in headers {
        chain.push(header, NOW).unwrap();
    }
    chain
}

#[test]
fn mainnet_from_genesis() {
    let Some(headers) = headers("mainnet_000000_050002.bin") else { return };
    let chain = accept(Network::Mainnet, Start::Genesis, &headers);
    assert_eq!(chain.tip().unwrap().height, 50_002);
    // the sum of each header's own work, computed without the shortcut for equal bits
    let work = headers.iter().map(Header::work).reduce(|a, b| a + b);
    assert_eq!(chain.chainwork(), work);
}

#[test]
fn mainnet_from_a_trusted_start() {
    let Some(headers) = headers("mainnet_822527_830592.bin") else { return };
    let start = BlockId { height: 822_527, hash: headers[0].block_hash() };
    let chain = accept(Network::Mainnet, Start::Trusted(start), &headers);
    assert_eq!(chain.tip().unwrap().height, 830_592);
    let wrong = BlockId { hash: headers[1].block_hash(), ..start };
    let refusal = HeaderChain::new(Network::Mainnet, Start::Trusted(wrong)).push(&headers[0], NOW).unwrap_err();
    assert_eq!(refusal.rule, Rule::Genesis);
}

#[test]
fn test_networks_from_genesis() {
    for (network, file) in [
        (Network::Testnet3, "testnet3_000000_010000.bin"),
        (Network::Testnet4, "testnet4_000000_000100.bin"),
        (Network::Signet, "signet_floresta.bin"),
    ] {
        let Some(headers) = headers(file) else { return };
        accept(network, Start::Genesis, &headers);
        let other = HeaderChain::new(Network::Mainnet, Start::Genesis).push(&headers[0], NOW).unwrap_err();
        assert_eq!(other.rule, Rule::Genesis, "{network}");
    }
}

/// Any flipped bit changes the hash, and a hash that meets the target by chance is one in 2^32 at least.
#[test]
fn one_bit_is_enough() {
    let Some(headers) = headers("mainnet_000000_050002.bin") else { return };
    for height in [1_usize, 2_016, 32_256, 50_002] {
        let mut chain = accept(Network::Mainnet, Start::Genesis, &headers[..height]);
        let before = (chain.tip(), chain.chainwork());
        for bit in 0..640 {
            let mut raw = consensus::serialize(&headers[height]);
            raw[bit / 8] ^= 1 << (bit % 8);
            let bent: Header = consensus::deserialize(&raw).unwrap();
            let refusal = chain.push(&bent, NOW).unwrap_err();
            assert_eq!(refusal.height as usize, height);
            let expected = if (32..288).contains(&bit) { Rule::Link } else { refusal.rule };
            assert_eq!(refusal.rule, expected);
        }
        assert_eq!((chain.tip(), chain.chainwork()), before, "a refusal leaves the chain as it was");
        chain.push(&headers[height], NOW).unwrap();
    }
}

#[test]
fn the_clock_and_the_median_hold() {
    let Some(headers) = headers("mainnet_000000_050002.bin") else { return };
    let mut chain = accept(Network::Mainnet, Start::Genesis, &headers[..100]);
    let early = u64::from(headers[100].time) - 2 * 60 * 60 - 1;
    assert_eq!(chain.push(&headers[100], early).unwrap_err().rule, Rule::FutureTime);
    chain.push(&headers[100], early + 1).unwrap();
}

/// Every retarget of mainnet to height 832,608, from the times at its boundaries.
#[test]
fn every_retarget_of_mainnet() {
    let Some(path) = shared("real/headers/retarget_boundaries.csv") else { return };
    let mut rows: Vec<(u32, Header)> = csv::Reader::from_path(path)
        .unwrap()
        .records()
        .map(|row| {
            let row = row.unwrap();
            (row[0].parse().unwrap(), consensus::deserialize(&hex::decode(&row[2]).unwrap()).unwrap())
        })
        .collect();
    rows.sort_by_key(|(height, _)| *height);
    let by_height: std::collections::HashMap<u32, Header> = rows.into_iter().collect();
    let mut seen = 0;
    for height in (2_016..=832_608).step_by(2_016) {
        let (first, last, next) = (&by_height[&(height - 2_016)], &by_height[&(height - 1)], &by_height[&height]);
        let seconds = i64::from(last.time) - i64::from(first.time);
        assert_eq!(
            hashwatch_verify::retarget(last.bits, seconds, Network::Mainnet.retarget().limit),
            next.bits,
            "{height}"
        );
        seen += 1;
    }
    assert_eq!(seen, 413);
}

fn four_blocks() -> Option<Vec<RawBlock>> {
    let folder = shared("real/blocks")?;
    let mut names: Vec<String> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name.starts_with("83132") || name.starts_with("83133"));
    names.sort();
    let block = |name: &String| {
        let (height, hash) = name.trim_end_matches(".bin").split_once('-').unwrap();
        let id = BlockId { height: height.parse().unwrap(), hash: hash.parse().unwrap() };
        RawBlock::from_bytes(id, &std::fs::read(folder.join(name)).unwrap()).unwrap()
    };
    Some(names.iter().map(block).collect())
}

fn chain_from(block: &RawBlock) -> HeaderChain {
    HeaderChain::new(Network::Mainnet, Start::Trusted(block.id))
}

#[test]
fn four_consecutive_blocks() {
    let Some(blocks) = four_blocks() else { return };
    assert_eq!(blocks.len(), 4);
    let mut chain = chain_from(&blocks[0]);
    let verified = verify_chunk(&mut chain, Chunk { parent: None, blocks: blocks.clone() }, NOW).unwrap();
    assert_eq!(chain.tip(), Some(blocks[3].id));
    for (raw, block) in blocks.iter().zip(&verified.blocks) {
        let facts = block.facts();
        assert_eq!((facts.id, facts.tx_count as usize), (raw.id, raw.txids.len()));
        assert_eq!(facts.subsidy, 625_000_000);
        assert!(facts.fees() > 0);
    }
    // the last two again, beside the chain: a branch leaves it as it was
    let branch = Chunk { parent: Some(blocks[1].id), blocks: blocks[2..].to_vec() };
    assert_eq!(verify_branch(&mut chain, branch, NOW).unwrap().len(), 2);
    assert_eq!(chain.tip(), Some(blocks[3].id));
    // and cut back by a chunk of nothing
    verify_chunk(&mut chain, Chunk { parent: Some(blocks[1].id), blocks: Vec::new() }, NOW).unwrap();
    assert_eq!(chain.tip(), Some(blocks[1].id));
}

/// Each bend of a real block is refused for its own reason, and the chain stays as it was.
#[test]
fn bent_blocks_are_refused() {
    let Some(blocks) = four_blocks() else { return };
    type Bend = fn(&mut RawBlock);
    let bends: [(Rule, Bend); 6] = [
        (Rule::Hash, |raw| raw.id.hash = BlockHash::all_zeros()),
        (Rule::Hash, |raw| raw.header.nonce ^= 1),
        (Rule::Link, |raw| raw.id.height += 1),
        (Rule::MerkleRoot, |raw| raw.txids.swap(1, 2)),
        (Rule::Coinbase, |raw| raw.coinbase.truncate(60)),
        (Rule::Coinbase, |raw| {
            let mut tx: Transaction = consensus::deserialize(&raw.coinbase).unwrap();
            tx.output.push(TxOut::NULL);
            raw.coinbase = consensus::serialize(&tx);
        }),
    ];
    for (rule, bend) in bends {
        let mut chain = chain_from(&blocks[0]);
        verify_chunk(&mut chain, Chunk { parent: None, blocks: blocks[..2].to_vec() }, NOW).unwrap();
        let mut bent = blocks[2].clone();
        bend(&mut bent);
        let chunk = Chunk { parent: Some(blocks[1].id), blocks: vec![bent] };
        let refusal = verify_chunk(&mut chain, chunk, NOW).unwrap_err();
        assert_eq!(refusal.rule, rule, "{refusal}");
        assert_eq!(chain.tip(), Some(blocks[1].id));
    }
}

/// CVE-2012-2459: the last of an odd number of transactions, spelled out twice, leaves the merkle root as it was.
#[test]
fn a_doubled_transaction_is_seen() {
    let Some(blocks) = four_blocks() else { return };
    let odd: Vec<_> = blocks.into_iter().filter(|raw| raw.txids.len() % 2 == 1).collect();
    assert!(!odd.is_empty(), "one of the four blocks has an odd number of transactions");
    for mut raw in odd {
        let mut chain = chain_from(&raw);
        raw.txids.push(raw.txids[raw.txids.len() - 1]);
        let refusal = verify_chunk(&mut chain, Chunk { parent: None, blocks: vec![raw] }, NOW).unwrap_err();
        assert_eq!(refusal.rule, Rule::DuplicateTransactions);
    }
}
