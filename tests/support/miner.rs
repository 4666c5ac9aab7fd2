//! Blocks with any coinbase, mined on a regtest node: the chain whose truth the tests know.
//!
//! A block is built here (own coinbase, own payouts, own time, trivial proof of work) and handed over by
//! `submitblock`, so bitcoind judges every rule.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use bitcoin::absolute::LockTime;
use bitcoin::block::{Header, Version};
use bitcoin::hashes::Hash;
use bitcoin::opcodes::all::OP_RETURN;
use bitcoin::script::{Builder, PushBytesBuf, ScriptBuf};
use bitcoin::transaction::Version as TransactionVersion;
use bitcoin::{
    Amount, Block, BlockHash, CompactTarget, OutPoint, Sequence, Transaction, TxIn, TxMerkleNode, TxOut, Txid, Witness,
};
use bitcoincore_rpc::{Client, RpcApi};
use serde_json::{Value, json};

use crate::bitcoind::Bitcoind;

/// Regtest halves the subsidy every 150 blocks.
const HALVING_INTERVAL: u32 = 150;
/// A coinbase output can be spent by the 100th block after it.
const COINBASE_MATURITY: u64 = 100;
/// The most bytes a coinbase's script may have (consensus).
const MAX_COINBASE_SCRIPT: usize = 100;
/// How far ahead of its clock a node lets a block be.
const MAX_FUTURE_SECONDS: u64 = 7200;
/// The first block of a chain is this old unless the caller says otherwise.
const DEFAULT_AGE_SECONDS: u64 = 30 * 86_400;

/// Counted over the whole process: no two coinbases are alike, so a block built again at a height that was
/// invalidated is a new block. (bitcoind refuses the same one.)
static EXTRA_NONCE: AtomicU64 = AtomicU64::new(0);

/// What the miner of a block writes into its coinbase.
#[derive(Debug, Clone, Default)]
pub struct Coinbase {
    /// The bytes after the height, as they are: no push opcode is added.
    pub tag: Vec<u8>,
    /// Who is paid, in parts of the block's value; a share of 0 makes an output of 0 sats (`OP_RETURN` and the like).
    /// Empty: all goes to [`anyone_can_spend`].
    pub payouts: Vec<(ScriptBuf, u64)>,
}

impl Coinbase {
    /// A coinbase with this tag that pays [`anyone_can_spend`].
    pub fn tagged(tag: impl AsRef<[u8]>) -> Self {
        Self { tag: tag.as_ref().to_vec(), payouts: Vec::new() }
    }

    /// The same coinbase with one more payout.
    #[must_use]
    pub fn paying(mut self, script: ScriptBuf, share: u64) -> Self {
        self.payouts.push((script, share));
        self
    }
}

/// A block that the node took.
#[derive(Debug, Clone)]
pub struct Mined {
    /// Its height.
    pub height: u32,
    /// Its hash.
    pub hash: BlockHash,
    /// The block itself.
    pub block: Block,
}

/// Mines on the best chain of one node, each block a fixed time after its parent.
pub struct Miner {
    rpc: Client,
    start: u32,
    spacing: u32,
    coins: VecDeque<Coin>,
}

/// An output to [`anyone_can_spend`] that [`Miner::payments`] may use.
struct Coin {
    outpoint: OutPoint,
    value: Amount,
}

impl Miner {
    /// A miner on `node`: blocks 600 s apart, the first one 30 days ago if the node is at genesis.
    pub fn new(node: &Bitcoind) -> Result<Self> {
        let start = u32::try_from(now()?.saturating_sub(DEFAULT_AGE_SECONDS))?;
        Ok(Self { rpc: node.rpc()?, start, spacing: 600, coins: VecDeque::new() })
    }

    /// The time of the block on genesis, in Unix seconds.
    #[must_use]
    pub fn starting_at(mut self, time: u32) -> Self {
        self.start = time;
        self
    }

    /// The seconds from each block to the next.
    #[must_use]
    pub fn spaced(mut self, seconds: u32) -> Self {
        self.spacing = seconds;
        self
    }

    /// Mines one block with no transactions on the best chain.
    pub fn mine(&mut self, coinbase: &Coinbase) -> Result<Mined> {
        self.mine_with(coinbase, &[])
    }

    /// Mines a block for each coinbase in turn.
    pub fn mine_each<'a>(&mut self, coinbases: impl IntoIterator<Item = &'a Coinbase>) -> Result<Vec<Mined>> {
        coinbases.into_iter().map(|coinbase| self.mine(coinbase)).collect()
    }

    /// Mines `count` blocks with the tag `/test/`.
    pub fn mine_blocks(&mut self, count: u32) -> Result<Vec<Mined>> {
        let coinbase = Coinbase::tagged("/test/");
        (0..count).map(|_| self.mine(&coinbase)).collect()
    }

    /// Mines a block with these transactions (see [`Self::payments`]) on the best chain; their fees go to the coinbase.
    pub fn mine_with(&mut self, coinbase: &Coinbase, payments: &[Payment]) -> Result<Mined> {
        let parent = self.rpc.get_best_block_hash()?;
        let mined = self.build(parent, coinbase, payments, None)?;
        self.submit(&mined.block)?;
        self.keep_coins(&mined.block);
        Ok(mined)
    }

    /// Mines an empty block at `time` (Unix seconds; it must be later than the median time past).
    pub fn mine_at(&mut self, time: u32, coinbase: &Coinbase) -> Result<Mined> {
        self.mine_with_at(time, coinbase, &[])
    }

    /// [`Self::mine_with`] at a time as in [`Self::mine_at`].
    pub fn mine_with_at(&mut self, time: u32, coinbase: &Coinbase, payments: &[Payment]) -> Result<Mined> {
        let parent = self.rpc.get_best_block_hash()?;
        let mined = self.build(parent, coinbase, payments, Some(time))?;
        self.submit(&mined.block)?;
        self.keep_coins(&mined.block);
        Ok(mined)
    }

    /// Mines an empty block on any block the node has: a branch, stale until it has more work than the best chain.
    pub fn mine_on(&mut self, parent: BlockHash, coinbase: &Coinbase) -> Result<Mined> {
        let mined = self.build(parent, coinbase, &[], None)?;
        self.submit(&mined.block)?;
        Ok(mined)
    }

    /// Builds a block with its proof of work and hands it to nobody.
    pub fn build(
        &self,
        parent: BlockHash,
        coinbase: &Coinbase,
        payments: &[Payment],
        time: Option<u32>,
    ) -> Result<Mined> {
        let about: Value = self.rpc.call("getblockheader", &[json!(parent)])?;
        let number = |name: &str| about[name].as_u64().with_context(|| format!("getblockheader: no {name}"));
        let height = u32::try_from(number("height")? + 1)?;
        let median = u32::try_from(number("mediantime")?)?;
        let time = match time {
            Some(time) => time,
            None if height == 1 => self.start,
            None => (u32::try_from(number("time")?)? + self.spacing).max(median + 1),
        };
        ensure!(time > median, "block {height} at {time} is not later than the median time past {median}");
        ensure!(
            u64::from(time) <= now()? + MAX_FUTURE_SECONDS,
            "block {height} at {time} lies over two hours ahead: let the chain start earlier"
        );
        let bits = about["bits"].as_str().context("getblockheader: no bits")?;
        let bits = CompactTarget::from_unprefixed_hex(bits)?;

        let fees: Amount = payments.iter().map(|payment| payment.fee).sum();
        let first = coinbase_transaction(height, coinbase, subsidy(height) + fees)?;
        let header = Header {
            version: Version::from_consensus(0x2000_0000),
            prev_blockhash: parent,
            merkle_root: TxMerkleNode::all_zeros(),
            time,
            bits,
            nonce: 0,
        };
        let transactions = payments.iter().map(|payment| payment.transaction.clone());
        let mut block = Block { header, txdata: std::iter::once(first).chain(transactions).collect() };
        if block.txdata.len() > 1 {
            commit_to_witnesses(&mut block)?;
        }
        block.header.merkle_root = block.compute_merkle_root().context("a block has a coinbase")?;
        solve(&mut block.header)?;
        Ok(Mined { height, hash: block.block_hash(), block })
    }

    /// Hands a block to the node; an error with the node's reason if it is refused.
    pub fn submit(&self, block: &Block) -> Result<()> {
        let verdict: Option<String> =
            self.rpc.call("submitblock", &[json!(bitcoin::consensus::encode::serialize_hex(block))])?;
        match verdict.as_deref() {
            // "inconclusive": taken, but not on the best chain
            None | Some("inconclusive") => Ok(()),
            Some(reason) => bail!("bitcoind refuses block {}: {reason}", block.block_hash()),
        }
    }

    /// Makes `count` transactions, each paying `fee` and spending the one before; the first spends a mature coinbase
    /// output of this miner's own to [`anyone_can_spend`].
    ///
    /// They must be mined at once, by [`Self::mine_with`], all and in this order.
    pub fn payments(&mut self, count: usize, fee: Amount) -> Result<Vec<Payment>> {
        let mut coin = self.mature_coin()?;
        let mut payments = Vec::with_capacity(count);
        for _ in 0..count {
            let value = coin.value.checked_sub(fee).context("the coin does not cover the fees")?;
            let transaction = Transaction {
                version: TransactionVersion::TWO,
                lock_time: LockTime::ZERO,
                input: vec![TxIn {
                    previous_output: coin.outpoint,
                    script_sig: ScriptBuf::new(),
                    sequence: Sequence::MAX,
                    witness: Witness::from_slice(&[always_true().as_bytes()]),
                }],
                output: vec![TxOut { value, script_pubkey: anyone_can_spend() }],
            };
            coin = Coin { outpoint: OutPoint::new(transaction.compute_txid(), 0), value };
            payments.push(Payment { transaction, fee });
        }
        Ok(payments)
    }

    /// The oldest coin that can be spent now; those that a reorg or a spend took are forgotten.
    fn mature_coin(&mut self) -> Result<Coin> {
        while let Some(coin) = self.coins.pop_front() {
            let outpoint = coin.outpoint;
            let unspent: Option<Value> = self.rpc.call("gettxout", &[json!(outpoint.txid), json!(outpoint.vout)])?;
            let Some(unspent) = unspent else { continue };
            // confirmations count the coin's own block, and the spending block comes on top of the tip
            if unspent["confirmations"].as_u64().unwrap_or(0) >= COINBASE_MATURITY {
                return Ok(coin);
            }
            self.coins.push_front(coin);
            break;
        }
        bail!("no coinbase output to spend: mine {COINBASE_MATURITY} blocks that pay anyone_can_spend first")
    }

    fn keep_coins(&mut self, block: &Block) {
        let Some(coinbase) = block.txdata.first() else { return };
        let txid = coinbase.compute_txid();
        let ours = anyone_can_spend();
        for (vout, output) in (0u32..).zip(&coinbase.output) {
            if output.script_pubkey == ours && output.value > Amount::ZERO {
                self.coins.push_back(Coin { outpoint: OutPoint::new(txid, vout), value: output.value });
            }
        }
    }
}

/// A transaction and what it leaves to the miner.
#[derive(Debug, Clone)]
pub struct Payment {
    /// The transaction.
    pub transaction: Transaction,
    /// Its inputs less its outputs.
    pub fee: Amount,
}

/// A P2WSH script that everyone can spend without a key.
pub fn anyone_can_spend() -> ScriptBuf {
    always_true().to_p2wsh()
}

/// What a regtest block at `height` may create.
pub fn subsidy(height: u32) -> Amount {
    Amount::from_sat(Amount::from_int_btc(50).to_sat().checked_shr(height / HALVING_INTERVAL).unwrap_or(0))
}

fn always_true() -> ScriptBuf {
    Builder::new().push_int(1).into_script()
}

fn coinbase_transaction(height: u32, coinbase: &Coinbase, value: Amount) -> Result<Transaction> {
    // BIP34; push_int writes OP_1 to OP_16 for the lowest heights, as bitcoind asks
    let mut script = Builder::new().push_int(height.into()).into_bytes();
    script.extend_from_slice(&coinbase.tag);
    let extra_nonce = EXTRA_NONCE.fetch_add(1, Ordering::Relaxed);
    let mut sequence = Sequence::MAX;
    let push = Builder::new().push_slice(extra_nonce.to_le_bytes()).into_bytes();
    if script.len() + push.len() <= MAX_COINBASE_SCRIPT {
        script.extend_from_slice(&push);
    } else {
        // a tag that fills the script: the sequence number of a coinbase is free too
        sequence = Sequence(u32::try_from(extra_nonce)?);
    }
    ensure!(
        script.len() <= MAX_COINBASE_SCRIPT,
        "a tag of {} bytes does not fit into the coinbase of height {height}",
        coinbase.tag.len()
    );

    let everyone = [(anyone_can_spend(), 1)];
    let payouts = if coinbase.payouts.is_empty() { &everyone[..] } else { &coinbase.payouts };
    Ok(Transaction {
        version: TransactionVersion::TWO,
        lock_time: LockTime::ZERO,
        input: vec![TxIn {
            previous_output: OutPoint::null(),
            script_sig: ScriptBuf::from_bytes(script),
            sequence,
            witness: Witness::new(),
        }],
        output: divide(value, payouts)?,
    })
}

/// Outputs in proportion to the shares; what rounding leaves goes to the first that has a share.
fn divide(value: Amount, payouts: &[(ScriptBuf, u64)]) -> Result<Vec<TxOut>> {
    let total: u128 = payouts.iter().map(|&(_, share)| u128::from(share)).sum();
    ensure!(total > 0, "some payout must have a share");
    let part = |share: u64| u64::try_from(u128::from(value.to_sat()) * u128::from(share) / total);
    let mut outputs = Vec::with_capacity(payouts.len());
    let mut paid = 0;
    for (script, share) in payouts {
        let sats = part(*share)?;
        paid += sats;
        outputs.push(TxOut { value: Amount::from_sat(sats), script_pubkey: script.clone() });
    }
    let first = payouts.iter().position(|&(_, share)| share > 0).context("some payout must have a share")?;
    outputs[first].value += value - Amount::from_sat(paid);
    Ok(outputs)
}

/// BIP141: the coinbase's last output holds the root of the witness tree.
fn commit_to_witnesses(block: &mut Block) -> Result<()> {
    let reserved = [0; 32];
    let root = block.witness_root().context("a block has a coinbase")?;
    let commitment = Block::compute_witness_commitment(&root, &reserved);
    let mut push = PushBytesBuf::from([0xaa, 0x21, 0xa9, 0xed]);
    push.extend_from_slice(commitment.as_byte_array())?;
    let script_pubkey = Builder::new().push_opcode(OP_RETURN).push_slice(push).into_script();
    let coinbase = &mut block.txdata[0];
    coinbase.input[0].witness = Witness::from_slice(&[reserved]);
    coinbase.output.push(TxOut { value: Amount::ZERO, script_pubkey });
    Ok(())
}

/// Regtest's target lets every second hash through.
fn solve(header: &mut Header) -> Result<()> {
    let target = header.target();
    while header.validate_pow(target).is_err() {
        header.nonce = header.nonce.checked_add(1).context("no nonce solves the header: is this regtest?")?;
    }
    Ok(())
}

fn now() -> Result<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())
}

/// The transaction ids of a block in its order.
pub fn transaction_ids(block: &Block) -> Vec<Txid> {
    block.txdata.iter().map(Transaction::compute_txid).collect()
}
