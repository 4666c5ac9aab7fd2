//! One block: what is in it, and the nonce that pays for it.

use bitcoin::{
    Block, BlockHash, CompactTarget, Target, Transaction, TxMerkleNode, VarInt,
    block::{Header, Version},
    consensus::{self, Encodable},
    constants,
    hashes::{Hash, HashEngine, sha256d},
    merkle_tree,
};
use hashwatch_model::Network;

use crate::{
    SimulateError,
    coinbase::{self, Brief},
    difficulty::bits_for,
    economy::Day,
    plan::Plan,
    pools::Pool,
    random::{Dice, Purpose, Streams},
    tip::Tip,
    transactions::payments,
};

/// Bytes of an average transaction: what a sparse block of N bytes says to hold.
const SPARSE_BYTES_PER_TRANSACTION: u32 = 500;

/// A block as it goes into a file.
#[derive(Clone, Debug)]
pub(crate) struct Mined {
    pub header: Header,
    pub hash: BlockHash,
    /// When it was found, Unix milliseconds of the simulation's clock.
    pub clock_ms: u64,
    /// The serialized block; of a sparse one, what comes before the hole.
    pub bytes: Vec<u8>,
    /// Bytes that the block is declared to have.
    pub size: u32,
}

/// When a block is found.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Clock {
    /// Time passes with each hash from the parent on, at so many microseconds a hash.
    Running {
        /// Of the whole network.
        micros_per_hash: u64,
    },
    /// It is found at this moment (Unix milliseconds), whatever it takes: a rival to a block found then.
    At(u64),
}

/// The draws that turn hashes into times. Kept apart from the rest, so that a chain read from its files can tell
/// from each nonce how many hashes were tried.
struct Work {
    first_nonce: u32,
    /// Which part of a hash's time is left over, in 2^-32: a block is not found at the end of a round.
    leftover: u32,
    /// Seconds by which the miner's clock is off.
    offset: i64,
}

impl Work {
    fn draw(dice: &mut Dice) -> Work {
        let first_nonce = dice.number();
        let leftover = dice.number();
        // most clocks and templates are seconds old, a few minutes
        let offset =
            if dice.chance(1, 40) { i64::from(dice.below(1_800)) - 900 } else { i64::from(dice.below(60)) - 40 };
        Work { first_nonce, leftover, offset }
    }

    /// The clock after `tries` hashes.
    fn clock_ms(&self, start_ms: u64, tries: u64, micros_per_hash: u64) -> u64 {
        let unused = (micros_per_hash * u64::from(self.leftover)) >> 32;
        start_ms + (tries * micros_per_hash - unused) / 1_000
    }

    /// The header time of a block found at `clock_ms`.
    fn header_time(&self, clock_ms: u64, median_time: u32, height: u32) -> Result<u32, SimulateError> {
        let own = (clock_ms / 1_000).saturating_add_signed(self.offset).max(u64::from(median_time) + 1);
        u32::try_from(own).map_err(|_| SimulateError::TimeRunsOut { height })
    }
}

/// The clock at which an active block with this nonce was found.
pub(crate) fn clock_of(streams: &Streams, parent: &Tip, nonce: u32, micros_per_hash: u64) -> u64 {
    let work = Work::draw(&mut streams.draw(Purpose::Work, parent.id.height + 1));
    let tries = u64::from(nonce.wrapping_sub(work.first_nonce)) + 1;
    work.clock_ms(parent.clock_ms, tries, micros_per_hash)
}

/// What sets one block of a height apart from another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draws {
    pub content: Purpose,
    pub work: Purpose,
}

/// Makes a block on `parent`.
pub(crate) fn mine(
    plan: &Plan,
    streams: &Streams,
    parent: &Tip,
    day: &Day,
    draws: Draws,
    clock: Clock,
) -> Result<Mined, SimulateError> {
    let height = parent.id.height + 1;
    let work = Work::draw(&mut streams.draw(draws.work, height));
    let dice = &mut streams.draw(draws.content, height);
    let pool = day.lottery.draw(dice);
    let (transactions, root) = content(plan, dice, pool, height, parent, day);
    let template = Header {
        version: Version::from_consensus(0x2000_0000),
        prev_blockhash: parent.id.hash,
        merkle_root: root,
        time: 0,
        bits: parent.next_bits(plan.network),
        nonce: work.first_nonce,
    };
    let median_time = parent.median_time();
    let found = find_nonce(template, |tries| {
        let clock_ms = match clock {
            Clock::Running { micros_per_hash } => work.clock_ms(parent.clock_ms, tries, micros_per_hash),
            Clock::At(clock_ms) => clock_ms,
        };
        Ok((work.header_time(clock_ms, median_time, height)?, clock_ms))
    })?;
    Ok(found.into_mined(plan, &transactions))
}

/// Makes the first block of `plan`'s chain. Regtest has one of its own.
pub(crate) fn genesis(plan: &Plan, rate: u64) -> Result<Mined, SimulateError> {
    if plan.network == Network::Regtest {
        let block = constants::genesis_block(plan.network.encoding());
        let found =
            Found { header: block.header, hash: block.block_hash(), clock_ms: u64::from(plan.start_time) * 1_000 };
        return Ok(found.into_mined(&Plan { bytes_per_block: None, ..*plan }, &block.txdata));
    }
    let transactions = [coinbase::genesis(&format!("hashwatch simulated chain, seed {}", plan.seed))];
    let template = Header {
        version: Version::from_consensus(0x2000_0000),
        prev_blockhash: coinbase::no_parent(),
        merkle_root: merkle_root(&transactions),
        time: plan.start_time,
        bits: bits_for(rate, plan.network.retarget().limit),
        nonce: 0,
    };
    let found = find_nonce(template, |_| Ok((plan.start_time, u64::from(plan.start_time) * 1_000)))?;
    Ok(found.into_mined(plan, &transactions))
}

/// Transactions of a block, coinbase first, and the root that the header commits to.
fn content(
    plan: &Plan,
    dice: &mut Dice,
    pool: Option<&'static Pool>,
    height: u32,
    parent: &Tip,
    day: &Day,
) -> (Vec<Transaction>, TxMerkleNode) {
    // a real regtest node takes these chains, and would ask where the money comes from
    let bare = plan.network == Network::Regtest || plan.bytes_per_block.is_some();
    let mut transactions = if bare { Vec::new() } else { payments(dice) };
    // squared: many blocks pay little, few pay much; up to 0.6 bitcoin in usual times
    let draw = u64::from(dice.below(10_000));
    let claims_fees = plan.network != Network::Regtest && (plan.bytes_per_block.is_some() || !transactions.is_empty());
    let fees = if claims_fees { (100_000 + draw * draw * 60 / 100) * day.congestion / 1_000 } else { 0 };
    let witness_ids =
        [[0; 32]].into_iter().chain(transactions.iter().map(|tx| tx.compute_wtxid().to_byte_array())).collect();
    let brief = Brief {
        height,
        time: u32::try_from(parent.clock_ms / 1_000).unwrap_or(u32::MAX),
        reward: plan.network.subsidy(height) + fees,
        witness_root: root_of(witness_ids),
        needs_commitment: transactions.iter().any(|tx| tx.input.iter().any(|input| !input.witness.is_empty())),
    };
    transactions.insert(0, coinbase::coinbase(dice, pool, &brief));
    let root = merkle_root(&transactions);
    (transactions, root)
}

fn merkle_root(transactions: &[Transaction]) -> TxMerkleNode {
    TxMerkleNode::from_byte_array(root_of(transactions.iter().map(|tx| tx.compute_txid().to_byte_array()).collect()))
}

fn root_of(leaves: Vec<[u8; 32]>) -> [u8; 32] {
    let nodes = leaves.into_iter().map(TxMerkleNode::from_byte_array);
    // a block has at least its coinbase
    merkle_tree::calculate_root(nodes).map_or([0; 32], |root| root.to_byte_array())
}

/// A header that meets its bits.
struct Found {
    header: Header,
    hash: BlockHash,
    clock_ms: u64,
}

impl Found {
    fn into_mined(self, plan: &Plan, transactions: &[Transaction]) -> Mined {
        let Found { header, hash, clock_ms } = self;
        let (bytes, size) = match plan.bytes_per_block {
            None => {
                let bytes = consensus::serialize(&Block { header, txdata: transactions.to_vec() });
                let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
                (bytes, size)
            }
            Some(size) => {
                let mut bytes = consensus::serialize(&header);
                let count = 1 + size / SPARSE_BYTES_PER_TRANSACTION;
                bytes.extend(consensus::serialize(&VarInt(u64::from(count))));
                bytes.extend(transactions.iter().take(1).flat_map(consensus::serialize));
                (bytes, size)
            }
        };
        Mined { header, hash, clock_ms, bytes, size }
    }
}

/// Tries nonces from the template's on. `when` says header time and clock after so many tries.
fn find_nonce(
    template: Header,
    when: impl Fn(u64) -> Result<(u32, u64), SimulateError>,
) -> Result<Found, SimulateError> {
    let target = Target::from_compact(template.bits);
    let highest = top(&target.to_le_bytes());
    let mut serialized = [0; 80];
    // 80 bytes of room for 80 bytes
    let _ = template.consensus_encode(&mut serialized.as_mut_slice());
    // the first SHA-256 block has neither time nor nonce in it: hashed once for all tries
    let mut midstate = sha256d::Hash::engine();
    midstate.input(&serialized[..64]);
    let mut tail = [0; 16];
    tail.copy_from_slice(&serialized[64..]);
    let mut tries = 0_u64;
    let mut nonce = template.nonce;
    loop {
        tries += 1;
        let (time, clock_ms) = when(tries)?;
        tail[4..8].copy_from_slice(&time.to_le_bytes());
        tail[12..].copy_from_slice(&nonce.to_le_bytes());
        let mut engine = midstate.clone();
        engine.input(&tail);
        let hash = sha256d::Hash::from_engine(engine).to_byte_array();
        if top(&hash) <= highest && target.is_met_by(BlockHash::from_byte_array(hash)) {
            let header = Header { time, nonce, ..template };
            return Ok(Found { header, hash: BlockHash::from_byte_array(hash), clock_ms });
        }
        nonce = nonce.wrapping_add(1);
    }
}

/// The most significant 64 bits of a little-endian number.
fn top(number: &[u8; 32]) -> u64 {
    number[24..].iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

/// The bits of a header on `parent`, for those who read a chain back.
pub(crate) fn meets_rules(header: &Header, bits: CompactTarget) -> bool {
    header.bits == bits && header.validate_pow(header.target()).is_ok()
}
