//! Blocks as they might be: headers with work enough for regtest, coinbases as pools write them, with marks of the built-in registry.
//! What they say of their chain beside that is not true: nobody who forms opinions looks at it.

use std::path::Path;

use bitcoin::{
    Amount, BlockHash, CompactTarget, OutPoint, ScriptBuf, Sequence, Target, Transaction, TxIn, TxMerkleNode, TxOut,
    Witness, absolute,
    block::{Header, Version},
    consensus,
    hashes::Hash,
    script::Builder,
    transaction,
};
use hashwatch_attribute::opinion;
use hashwatch_engine::connect;
use hashwatch_model::{AttributedBlock, Block, BlockId, Chunk, Coinbase, CoinbaseProof, Network, Origin, Work};
use hashwatch_registry::{Registry, day_of};
use hashwatch_sha256d::sha256d;
use hashwatch_store::{Store, Writer};

/// Blocks written at a time.
const CHUNK: usize = 50_000;
/// Of so many blocks one is of a pool that the built-in registry does not know.
const FARMS: usize = 20;

/// The tag that the overlay of a round names.
pub(crate) fn farm(round: usize) -> String {
    format!("/some farm {round}/")
}

/// Makes blocks up.
pub(super) struct Maker<'r> {
    registry: &'r Registry,
    tags: Vec<&'r str>,
    scripts: Vec<&'r ScriptBuf>,
    rounds: usize,
    seed: u64,
    work: Option<Work>,
}

impl<'r> Maker<'r> {
    pub(super) fn new(registry: &'r Registry, rounds: usize) -> Maker<'r> {
        let tags = registry.pools().iter().flat_map(|pool| &pool.tags).map(|tag| tag.text.as_str()).collect();
        let scripts = registry.pools().iter().flat_map(|pool| &pool.addresses).map(|paid| &paid.script).collect();
        Maker { registry, tags, scripts, rounds, seed: 7, work: None }
    }

    /// xorshift64
    fn draw(&mut self, below: usize) -> usize {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        usize::try_from(self.seed >> 1).unwrap() % below
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| u8::try_from(self.draw(256)).unwrap()).collect()
    }

    pub(super) fn next(&mut self, height: u32, below: BlockHash) -> AttributedBlock {
        let coinbase = self.coinbase(height);
        let time = 1_231_006_505 + height * 480;
        let root = TxMerkleNode::from_byte_array(coinbase.transaction().compute_txid().to_byte_array());
        let (header, hash) = mined(below, root, time);
        let work = self.work.map_or(header.work(), |below| below + header.work());
        self.work = Some(work);
        let attribution = opinion(self.registry, &coinbase, Some(day_of(time)));
        let block = Block {
            id: BlockId { height, hash },
            header,
            median_time: time,
            chainwork: work,
            tx_count: 2_000,
            size: None,
            weight: None,
            subsidy: 312_500_000,
            coinbase,
            coinbase_proof: CoinbaseProof::File,
        };
        AttributedBlock { block, attribution }
    }

    /// Height, some bytes, a tag, an extranonce; the reward, to a known address or another; the commitment to the witnesses, and
    /// at times what another chain merges in.
    fn coinbase(&mut self, height: u32) -> Coinbase {
        let mut script = Builder::new().push_int(i64::from(height)).into_bytes();
        let count = self.draw(12);
        script.extend(self.bytes(count));
        match self.draw(FARMS) {
            0 => {
                let round = self.draw(self.rounds);
                script.extend(farm(round).into_bytes());
            }
            _ => {
                let tag = self.draw(self.tags.len());
                script.extend(self.tags[tag].as_bytes());
            }
        }
        let count = 8 + self.draw(24);
        script.extend(self.bytes(count));
        script.truncate(100);
        let reward = match self.draw(2) {
            0 => {
                let paid = self.draw(self.scripts.len());
                self.scripts[paid].clone()
            }
            _ => ScriptBuf::from_bytes([vec![0, 20], self.bytes(20)].concat()),
        };
        let mut outputs = vec![(312_500_000, reward)];
        for _ in 0..=self.draw(3) {
            outputs.push((0, ScriptBuf::from_bytes([vec![0x6a, 36], self.bytes(36)].concat())));
        }
        let output = |(sats, script_pubkey)| TxOut { value: Amount::from_sat(sats), script_pubkey };
        let transaction = Transaction {
            version: transaction::Version::TWO,
            lock_time: absolute::LockTime::ZERO,
            input: vec![TxIn {
                previous_output: OutPoint::null(),
                script_sig: ScriptBuf::from_bytes(script),
                sequence: Sequence::MAX,
                witness: Witness::from_slice(&[[0; 32]]),
            }],
            output: outputs.into_iter().map(output).collect(),
        };
        Coinbase::from_bytes(consensus::serialize(&transaction)).expect("built as a coinbase")
    }
}

/// A header with the work that regtest asks for: every second one has it.
fn mined(prev_blockhash: BlockHash, merkle_root: TxMerkleNode, time: u32) -> (Header, BlockHash) {
    let bits = CompactTarget::from_consensus(0x207f_ffff);
    let mut header = Header { version: Version::TWO, prev_blockhash, merkle_root, time, bits, nonce: 0 };
    loop {
        let hash = BlockHash::from_byte_array(sha256d(&consensus::serialize(&header)));
        if Target::from_compact(bits).is_met_by(hash) {
            return (header, hash);
        }
        header.nonce += 1;
    }
}

/// A store with this many blocks and opinions on them under the built-in registry.
pub(crate) async fn fill(home: &Path, blocks: u32, rounds: usize) {
    let registry = Registry::builtin();
    let connection = connect(&home.join("data"), None).await.expect("the embedded ClickHouse");
    let mut maker = Maker::new(registry, rounds);
    let first = maker.next(0, BlockHash::all_zeros());
    let origin = Origin { network: Network::Regtest, start: first.block.id.hash, simulated: false, hash_scale: 1.0 };
    let store = Store::open(connection.client(), "hashwatch", origin).await.expect("a store");
    store.keep_registry(registry.version(), registry.files()).await.expect("a registry");
    let mut writer = Writer::open(&store).await.expect("a writer");
    let (mut parent, mut above) = (None, vec![first]);
    for height in 1..=blocks {
        if above.len() == CHUNK || height == blocks {
            let chunk = Chunk { parent, blocks: std::mem::take(&mut above) };
            parent = chunk.blocks.last().map(|block| block.block.id);
            writer.commit(&chunk, registry.version()).await.expect("room for blocks");
        }
        if height < blocks {
            let below = above.last().map(|block| block.block.id).or(parent).map(|id| id.hash);
            above.push(maker.next(height, below.expect("a block below")));
        }
    }
}
