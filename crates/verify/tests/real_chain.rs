//! Real headers and blocks: the rules must accept what the networks accepted, and refuse it once it is bent.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use bitcoin::{CompactTarget, Transaction, TxOut, consensus, hashes::Hash};
use hashwatch_model::{
    BlockHash, BlockId, Body, Chunk, CoinbaseProof, Header, Network, RawBlock, Transactions, Word, Work,
};
use hashwatch_sha256d::Backend;
use hashwatch_tests::shared::shared;
use hashwatch_verify::{HeaderTree, Rule, Start, Tip, historic, verify_alone, verify_chunk};

/// Later than every header here.
const NOW: u64 = 1_800_000_000;

fn bytes(file: &str) -> Option<Vec<u8>> {
    Some(std::fs::read(shared(&format!("real/headers/{file}"))?).unwrap())
}

fn header(bytes: &[u8], place: usize) -> Header {
    consensus::deserialize(&bytes[80 * place..80 * (place + 1)]).unwrap()
}

fn accept(network: Network, start: Start, headers: &[u8]) -> Tip {
    let mut tip = Tip::new(network, start);
    tip.extend(headers, NOW).unwrap();
    assert_eq!(tip.count(), (headers.len() / 80) as u64);
    tip
}

#[test]
fn mainnet_from_genesis() {
    let Some(bytes) = bytes("mainnet_000000_050002.bin") else { return };
    let tip = accept(Network::Mainnet, Start::Genesis, &bytes);
    assert_eq!(tip.id().unwrap().height, 50_002);
    // the sum of each header's own work, computed without the shortcut for equal bits
    let work: Option<Work> = (0..50_003).map(|place| header(&bytes, place).work()).reduce(|a, b| a + b);
    assert_eq!(tip.chainwork(), work);
    // and one header at a time, through a tree
    let mut tree = HeaderTree::new(Network::Mainnet, Start::Genesis);
    for one in bytes.chunks_exact(80) {
        tree.extend(one, NOW).unwrap();
    }
    assert_eq!((tree.best(), tree.best().and_then(|id| tree.chainwork(id.hash))), (tip.id(), work));
}

#[test]
fn mainnet_from_any_height() {
    let Some(bytes) = bytes("mainnet_822527_830592.bin") else { return };
    let trusted = BlockId { height: 822_527, hash: header(&bytes, 0).block_hash() };
    for start in [Start::Trusted(trusted), Start::Height(822_527)] {
        assert_eq!(accept(Network::Mainnet, start, &bytes).id().unwrap().height, 830_592);
    }
    let wrong = BlockId { hash: header(&bytes, 1).block_hash(), ..trusted };
    let refusal = Tip::new(Network::Mainnet, Start::Trusted(wrong)).extend(&bytes, NOW).unwrap_err();
    assert_eq!((refusal.rule, refusal.height), (Rule::Genesis, 822_527));
    // one height off, the retarget falls where none may be
    let refusal = Tip::new(Network::Mainnet, Start::Height(822_526)).extend(&bytes, NOW).unwrap_err();
    assert_eq!(refusal.rule, Rule::Bits);
}

#[test]
fn test_networks_from_genesis() {
    for (network, file) in [
        (Network::Testnet3, "testnet3_000000_010000.bin"),
        (Network::Testnet4, "testnet4_000000_000100.bin"),
        (Network::Signet, "signet_floresta.bin"),
    ] {
        let Some(bytes) = bytes(file) else { return };
        accept(network, Start::Genesis, &bytes);
        // from the midst of an epoch the 20-minute rule is not known until a block that did not use it
        for place in [50, 99] {
            let start = Start::Height(u32::try_from(place).unwrap());
            accept(network, start, &bytes[80 * place..]);
        }
        let other = Tip::new(Network::Mainnet, Start::Genesis).extend(&bytes, NOW).unwrap_err();
        assert_eq!(other.rule, Rule::Genesis, "{network}");
    }
}

/// Any flipped bit changes the hash, and a hash that meets the target by chance is one in 2^32 at least.
#[test]
fn one_bit_is_enough() {
    let Some(bytes) = bytes("mainnet_000000_050002.bin") else { return };
    for backend in Backend::ALL.into_iter().filter(|backend| backend.is_available()) {
        for height in [0_usize, 1, 2_016, 32_256, 49_990] {
            let (below, from_here) = bytes.split_at(80 * height);
            let mut tip = Tip::with_backend(Network::Mainnet, Start::Genesis, backend);
            tip.extend(below, NOW).unwrap();
            for bit in 0..640 {
                let mut bent = from_here[..80 * 13].to_vec();
                bent[bit / 8] ^= 1 << (bit % 8);
                let mut tip = tip.clone();
                let refusal = tip.extend(&bent, NOW).unwrap_err();
                assert_eq!(refusal.height as usize, height, "{} bit {bit}", backend.name());
                if height > 0 && (32..288).contains(&bit) {
                    assert_eq!(refusal.rule, Rule::Link);
                }
                assert_eq!(tip.count(), height as u64, "a refusal leaves the tip as it was");
            }
            tip.extend(from_here, NOW).unwrap();
        }
    }
}

#[test]
fn the_clock_holds() {
    let Some(bytes) = bytes("mainnet_000000_050002.bin") else { return };
    let mut tip = accept(Network::Mainnet, Start::Genesis, &bytes[..80 * 100]);
    let early = u64::from(header(&bytes, 100).time) - 2 * 60 * 60 - 1;
    let next = &bytes[80 * 100..80 * 101];
    assert_eq!(tip.extend(next, early).unwrap_err().rule, Rule::FutureTime);
    tip.extend(next, early + 1).unwrap();
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

/// The same from the table of epochs, which goes on to height 838,655.
#[test]
fn every_epoch_of_the_table() {
    let Some(path) = shared("real/difficulty/epochs.csv") else { return };
    // epoch, first height, bits, difficulty, first hash, first time, last time
    let rows: Vec<csv::StringRecord> =
        csv::Reader::from_path(path).unwrap().records().collect::<Result<_, _>>().unwrap();
    let bits = |row: &csv::StringRecord| CompactTarget::from_unprefixed_hex(&row[2]).unwrap();
    for pair in rows.windows(2) {
        let [first, last] = [5, 6].map(|column| pair[0][column].parse::<i64>().unwrap());
        let next = hashwatch_verify::retarget(bits(&pair[0]), last - first, Network::Mainnet.retarget().limit);
        assert_eq!(next, bits(&pair[1]), "epoch {}", &pair[1][0]);
    }
    assert_eq!(rows.len(), 416);
}

/// Each of the blocks, lowest first.
fn blocks() -> Option<Vec<RawBlock>> {
    let folder = shared("real/blocks")?;
    let mut names: Vec<String> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let block = |name: &String| {
        let (height, hash) = name.trim_end_matches(".bin").split_once('-').unwrap();
        let id = BlockId { height: height.parse().unwrap(), hash: hash.parse().unwrap() };
        RawBlock::from_bytes(id, &std::fs::read(folder.join(name)).unwrap()).unwrap()
    };
    Some(names.iter().map(block).collect())
}

/// 831,328 to 831,331.
fn four_blocks() -> Option<Vec<RawBlock>> {
    Some(blocks()?.split_off(8))
}

#[test]
fn every_block_alone() {
    let Some(blocks) = blocks() else { return };
    assert_eq!(blocks.len(), 12);
    for mut raw in blocks {
        let coinbase = verify_alone(Network::Mainnet, &raw, NOW).unwrap();
        assert_eq!(coinbase.raw(), raw.coinbase);
        // from BIP 34 on another height is told, before it no block says its own
        raw.id.height += 1;
        let told = verify_alone(Network::Mainnet, &raw, NOW).map_err(|refusal| refusal.rule);
        assert_eq!(told.is_err(), raw.id.height > 227_931, "{}", raw.id);
        // version 2 and no height, at the stage of BIP 34 that was
        let note = historic(Network::Mainnet, raw.id.height, 2, coinbase.script().as_bytes());
        assert_eq!(note.is_some(), raw.id.height == 225_944);
    }
}

fn tree_from(block: &RawBlock) -> HeaderTree {
    HeaderTree::new(Network::Mainnet, Start::Trusted(block.id))
}

#[test]
fn four_consecutive_blocks() {
    let Some(blocks) = four_blocks() else { return };
    assert_eq!(blocks.len(), 4);
    let mut tree = tree_from(&blocks[0]);
    let verified = verify_chunk(&mut tree, Chunk { parent: None, blocks: blocks.clone() }, NOW).unwrap();
    assert_eq!(tree.best(), Some(blocks[3].id));
    for (raw, block) in blocks.iter().zip(&verified.blocks) {
        let facts = block.facts();
        assert_eq!((facts.id, facts.tx_count as usize), (raw.id, raw.tx_count as usize));
        assert_eq!(facts.subsidy, 625_000_000);
        assert!(facts.fees() > 0);
    }
    // the last two again, as a reorg would bring them
    let branch = Chunk { parent: Some(blocks[1].id), blocks: blocks[2..].to_vec() };
    assert_eq!(verify_chunk(&mut tree, branch, NOW).unwrap().blocks.len(), 2);
    assert_eq!(tree.best(), Some(blocks[3].id));
    for mut raw in blocks {
        assert!(all(&mut raw).wtxids.is_some());
        verify_alone(Network::Mainnet, &raw, NOW).unwrap();
    }
}

fn all(raw: &mut RawBlock) -> &mut Transactions {
    let Body::Whole(all) = &mut raw.body else { panic!("the block was read whole") };
    all
}

/// A front passes without the proof that a whole block has, and says so.
#[test]
fn fronts_are_taken_on_somebodys_word() {
    let Some(blocks) = four_blocks() else { return };
    let fronts = |word| -> Vec<RawBlock> {
        let front = |raw: &RawBlock| RawBlock { size: None, body: Body::Unread(word), ..raw.clone() };
        blocks.iter().map(front).collect()
    };
    for (word, proof) in [(Word::Node, CoinbaseProof::Node), (Word::File, CoinbaseProof::File)] {
        let mut tree = tree_from(&blocks[0]);
        let verified = verify_chunk(&mut tree, Chunk { parent: None, blocks: fronts(word) }, NOW).unwrap();
        for block in &verified.blocks {
            let facts = block.facts();
            assert_eq!((facts.coinbase_proof, facts.size, facts.weight), (proof, None, None));
        }
    }
    // the coinbase's own rules hold all the same
    let mut bent = fronts(Word::Node);
    let mut tx: Transaction = consensus::deserialize(&bent[0].coinbase).unwrap();
    tx.input[0].script_sig = bitcoin::ScriptBuf::from_bytes(vec![1, 2, 3]);
    bent[0].coinbase = consensus::serialize(&tx);
    let mut tree = tree_from(&blocks[0]);
    let refusal = verify_chunk(&mut tree, Chunk { parent: None, blocks: bent }, NOW).unwrap_err();
    assert_eq!(refusal.rule, Rule::CoinbaseHeight);
}

/// Each bend of a real block is refused for its own reason.
#[test]
fn bent_blocks_are_refused() {
    let Some(blocks) = four_blocks() else { return };
    type Bend = fn(&mut RawBlock);
    let bends: [(Rule, Bend); 10] = [
        (Rule::Hash, |raw| raw.id.hash = BlockHash::all_zeros()),
        (Rule::Hash, |raw| raw.header.nonce ^= 1),
        (Rule::Link, |raw| raw.id.height += 1),
        (Rule::Link, |raw| raw.id.height -= 1),
        (Rule::MerkleRoot, |raw| all(raw).txids.swap(1, 2)),
        (Rule::WitnessCommitment, |raw| all(raw).wtxids.as_mut().unwrap().swap(1, 2)),
        (Rule::WitnessCommitment, |raw| all(raw).wtxids = None),
        (Rule::WitnessCommitment, |raw| {
            let mut tx: Transaction = consensus::deserialize(&raw.coinbase).unwrap();
            tx.input[0].witness.push([0; 32]);
            raw.coinbase = consensus::serialize(&tx);
        }),
        (Rule::Coinbase, |raw| raw.coinbase.truncate(60)),
        (Rule::Coinbase, |raw| {
            let mut tx: Transaction = consensus::deserialize(&raw.coinbase).unwrap();
            tx.output.push(TxOut::NULL);
            raw.coinbase = consensus::serialize(&tx);
        }),
    ];
    for (rule, bend) in bends {
        let mut tree = tree_from(&blocks[0]);
        verify_chunk(&mut tree, Chunk { parent: None, blocks: blocks[..2].to_vec() }, NOW).unwrap();
        let mut bent = blocks[2].clone();
        bend(&mut bent);
        let chunk = Chunk { parent: Some(blocks[1].id), blocks: vec![bent] };
        let refusal = verify_chunk(&mut tree, chunk, NOW).unwrap_err();
        assert_eq!(refusal.rule, rule, "{refusal}");
    }
}

/// CVE-2012-2459: the last of an odd number of transactions, spelled out twice, leaves the merkle root as it was.
#[test]
fn a_doubled_transaction_is_seen() {
    let Some(blocks) = four_blocks() else { return };
    let odd: Vec<_> = blocks.into_iter().filter(|raw| raw.tx_count % 2 == 1).collect();
    assert!(!odd.is_empty(), "one of the four blocks has an odd number of transactions");
    for mut raw in odd {
        let mut tree = tree_from(&raw);
        let txids = &mut all(&mut raw).txids;
        txids.push(txids[txids.len() - 1]);
        let refusal = verify_chunk(&mut tree, Chunk { parent: None, blocks: vec![raw] }, NOW).unwrap_err();
        assert_eq!(refusal.rule, Rule::DuplicateTransactions);
    }
}
