//! A sim chain obeys mainnet's rules, has the miners it says, and is the same on every machine.

use std::{collections::HashMap, sync::LazyLock};

use bitcoin::{Address, BlockHash, CompactTarget, Target, consensus, hashes::Hash};
use hashwatch_model::{Network, network::EPOCH_BLOCKS};
use hashwatch_sha256d::sha256d;
use hashwatch_simulate::{DEFAULT_START, Note, Plan, registry_toml, write_headers};

use crate::files::{Stored, contents, made, split, stored};

/// Long enough for two retargets and a month of miners.
const BLOCKS: u32 = 2 * EPOCH_BLOCKS + 200;

struct Chain {
    note: Note,
    active: Vec<Stored>,
    stale: Vec<Stored>,
}

static CHAIN: LazyLock<Chain> = LazyLock::new(|| {
    let (dir, note) = made(&Plan::new(Network::Sim, BLOCKS, 42));
    let (active, stale) = split(stored(dir.path(), Network::Sim.magic()));
    Chain { note, active, stale }
});

fn median_time(below: &[Stored]) -> u32 {
    let mut times: Vec<u32> = below.iter().rev().take(11).map(|block| block.header.time).collect();
    times.sort_unstable();
    times[times.len() / 2]
}

#[test]
fn headers_link_and_are_paid_for() {
    let chain = &*CHAIN;
    assert_eq!(chain.active.len(), BLOCKS as usize);
    assert_eq!(chain.active[0].header.prev_blockhash, BlockHash::all_zeros());
    assert_eq!(chain.active[0].header.time, DEFAULT_START);
    for (height, pair) in chain.active.windows(2).enumerate() {
        let [parent, block] = pair else { unreachable!() };
        assert_eq!(block.header.prev_blockhash, parent.hash());
        assert!(block.header.validate_pow(block.header.target()).is_ok());
        assert!(block.header.target() <= Target::from_compact(Network::Sim.retarget().limit));
        assert!(block.header.time > median_time(&chain.active[..=height]));
        assert_eq!(block.header.version.to_consensus(), 0x2000_0000);
    }
    assert!(
        chain.active.windows(2).any(|pair| pair[1].header.time < pair[0].header.time),
        "real times go back at times"
    );
}

/// Bits change at 2,016 and its multiples alone, by 2,015 intervals against 2,016, by 4 at most.
#[test]
fn difficulty_follows_the_hashrate() {
    let bits: Vec<CompactTarget> = CHAIN.active.iter().map(|block| block.header.bits).collect();
    let epoch = EPOCH_BLOCKS as usize;
    for height in 1..bits.len() {
        if height % epoch != 0 {
            assert_eq!(bits[height], bits[height - 1], "{height}");
            continue;
        }
        let seconds = CHAIN.active[height - 1].header.time - CHAIN.active[height - epoch].header.time;
        let ratio = f64::from(seconds) / 1_209_600.0;
        let change =
            CHAIN.active[height - 1].header.difficulty_float() / CHAIN.active[height].header.difficulty_float();
        assert!((change / ratio - 1.0).abs() < 1e-4, "{height}: {change} for {ratio}");
        assert_ne!(bits[height], bits[height - 1]);
    }
    let span = CHAIN.active.last().unwrap().header.time - DEFAULT_START;
    let ideal = BLOCKS * 600;
    assert!((ideal / 100 * 85..ideal / 100 * 115).contains(&span), "{span} seconds for {BLOCKS} blocks");
}

#[test]
fn blocks_are_whole() {
    let mut counts = HashMap::new();
    for (height, stored) in CHAIN.active.iter().enumerate().skip(1) {
        let block = stored.block();
        assert!(block.check_merkle_root() && block.check_witness_commitment(), "{height}");
        // the crate does not read the opcodes of the first heights; regtest's tests do
        assert_eq!(block.bip34_block_height().ok(), Some(height as u64).filter(|height| *height > 16));
        let coinbase = block.coinbase().unwrap();
        assert!((2..=100).contains(&coinbase.input[0].script_sig.len()));
        let paid: u64 = coinbase.output.iter().map(|output| output.value.to_sat()).sum();
        let subsidy = Network::Sim.subsidy(u32::try_from(height).unwrap());
        assert!(paid >= subsidy && (block.txdata.len() > 1 || paid == subsidy), "{height}");
        *counts.entry(block.txdata.len()).or_insert(0_u32) += 1;
    }
    assert_eq!(counts.keys().max(), Some(&6));
    assert_eq!(counts.len(), 6);
}

#[test]
fn stale_blocks_lie_among_the_active() {
    let chain = &*CHAIN;
    assert!(chain.stale.len() > 15, "{}", chain.stale.len());
    assert_eq!(chain.note.stale_blocks as usize, chain.stale.len());
    let hashes: HashMap<BlockHash, usize> =
        chain.active.iter().enumerate().map(|(height, block)| (block.hash(), height)).collect();
    let mut deep = 0;
    for block in &chain.stale {
        assert!(block.header.validate_pow(block.header.target()).is_ok());
        let whole = block.block();
        assert!(whole.check_merkle_root() && whole.check_witness_commitment());
        let below = match hashes.get(&block.header.prev_blockhash) {
            Some(height) => *height,
            None => {
                deep += 1;
                let rival = chain.stale.iter().find(|rival| rival.hash() == block.header.prev_blockhash).unwrap();
                hashes[&rival.header.prev_blockhash] + 1
            }
        };
        assert_eq!(whole.bip34_block_height().unwrap(), below as u64 + 1);
        assert_eq!(block.header.bits, chain.active[below + 1].header.bits);
    }
    assert!(deep > 0);
}

/// Every pool of the day is known by its marks, in about its share; few blocks are nobody's.
#[test]
fn pools_leave_their_marks() {
    let registry: toml::Table = registry_toml().parse().unwrap();
    let mut found: HashMap<&str, u32> = HashMap::new();
    let mut nobody = 0;
    for stored in &CHAIN.active[1..] {
        let block = stored.block();
        let coinbase = block.coinbase().unwrap();
        let script = coinbase.input[0].script_sig.as_bytes();
        let mut slugs: Vec<&str> = Vec::new();
        for pool in registry["pool"].as_array().unwrap() {
            let marks = |kind: &str, field: &str| -> Vec<&str> {
                let entries = pool.get(kind).and_then(|entries| entries.as_array()).map_or(&[][..], Vec::as_slice);
                entries.iter().map(|entry| entry[field].as_str().unwrap()).collect()
            };
            let tagged =
                marks("tag", "text").iter().any(|tag| script.windows(tag.len()).any(|run| run == tag.as_bytes()));
            let paid = marks("address", "address").iter().any(|address| {
                let known: Address<_> = address.parse::<Address<_>>().unwrap();
                let known = known.require_network(Network::Sim.encoding()).unwrap().script_pubkey();
                coinbase.output.iter().any(|output| output.script_pubkey == known)
            });
            if tagged || paid {
                slugs.push(pool["slug"].as_str().unwrap());
            }
        }
        assert!(slugs.len() <= 1, "{slugs:?}");
        match slugs.first() {
            Some(slug) => *found.entry(slug).or_insert(0) += 1,
            None => nobody += 1,
        }
    }
    assert!(found.len() >= 12, "{found:?}");
    assert!((BLOCKS / 100..BLOCKS * 6 / 100).contains(&nobody), "{nobody}");
    assert!((BLOCKS / 5..BLOCKS / 3).contains(&found["sim-alder"]), "{found:?}");
}

#[test]
fn coinbases_are_of_many_kinds() {
    let scripts: Vec<Vec<u8>> =
        CHAIN.active[1..].iter().map(|stored| stored.block().txdata[0].input[0].script_sig.to_bytes()).collect();
    let holds = |part: &[u8]| scripts.iter().any(|script| script.windows(part.len()).any(|run| run == part));
    assert!(holds(b"<script>") && holds(&[0xff; 40]) && holds(b"\x1b[2J") && holds(&[0xfa, 0xbe, 0x6d, 0x6d]));
    let outputs: Vec<_> = CHAIN.active[1..].iter().flat_map(|stored| stored.block().txdata.remove(0).output).collect();
    let any = |test: fn(&bitcoin::Script) -> bool| outputs.iter().any(|output| test(&output.script_pubkey));
    assert!(any(|s| s.is_p2pkh()) && any(|s| s.is_p2sh()) && any(|s| s.is_p2wpkh()) && any(|s| s.is_p2tr()));
    assert!(any(|s| s.as_bytes().starts_with(b"\x6a\x29SIMBLOCK:")));
}

#[test]
fn headers_alone_are_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("headers.bin");
    let note = write_headers(&Plan::new(Network::Sim, BLOCKS, 42), &path, |_| {}).unwrap();
    assert_eq!(note, CHAIN.note);
    let expected: Vec<u8> = CHAIN.active.iter().flat_map(|block| consensus::serialize(&block.header)).collect();
    assert_eq!(std::fs::read(&path).unwrap(), expected);
}

#[test]
fn the_seed_is_all_there_is_to_it() {
    let bytes = |seed: u64| contents(made(&Plan::new(Network::Sim, 300, seed)).0.path());
    assert_eq!(bytes(1), bytes(1));
    let (one, two) = (bytes(1), bytes(2));
    for name in ["blk00000.dat", "xor.dat", "hashwatch-sim.json"] {
        assert_ne!(one[name], two[name], "{name}");
    }
}

/// The bytes of a plan never change. Where a change is meant, raise the note's format: chains that grow on a machine
/// would break in the middle.
#[test]
fn the_format_is_kept() {
    let files = contents(made(&Plan::new(Network::Sim, 300, 1)).0.path());
    let hash = BlockHash::from_byte_array(sha256d(&files["blk00000.dat"]));
    assert_eq!(hash.to_string(), "1ecd107ea08e818e1b549792296d4b952ff81e8eccea3c0d2b5351e147bf5a42");
}
