//! The workbench of Unknown blocks: which of them belong together, by what they write and whom they pay, and the entry that
//! would name them. Nothing here names a block: that is for a person to say, in a file of their own.
//!
//! How it is decided (`docs/methodology/unknown.md` says it for readers):
//!
//! - **Words** (`words`): pieces of the readable text of an input script, of at least four characters and three letters. Words
//!   in blocks of two known pools are nobody's own: signalling, names of software, `Mined by`.
//! - **Links** (`cluster`): two blocks that pay the same script, whenever, for only who has its key gains by that; two blocks
//!   with a word in common less than half a year apart, since short words come again by chance and by fashion. What is linked by
//!   way of others belongs together too.
//! - **Marks** (`marks`): the literals of a cluster's texts that no other of the blocks given has, so that an entry names the
//!   cluster and nothing else; where another had one at another time, the entry bounds its own.
//! - **Entry** (`entry`): marks that the registry takes, each with the newest block that shows it as its source.
//!
//! All of it is linear in the bytes of the scripts, but for sorting. The bytes are hostile: nobody who mines a block can make
//! two others hang together but by a block between them.

mod cluster;
mod entry;
mod marks;
mod words;

use bitcoin::{BlockHash, ScriptBuf};
use hashwatch_model::BlockId;

pub use cluster::clusters;

/// What is looked at of a block that nobody is known to have mined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCoinbase {
    /// Height of the block.
    pub height: u32,
    /// Its hash.
    pub hash: BlockHash,
    /// Its header's time, Unix seconds.
    pub time: u32,
    /// The coinbase's input script.
    pub script: Vec<u8>,
    /// The script of the output that gets at least half of the reward; none where no output does.
    pub payout: Option<ScriptBuf>,
}

/// What is looked at of a block of a known pool: its words may be everybody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedCoinbase<'a> {
    /// Slug of the pool.
    pub pool: &'a str,
    /// The coinbase's input script.
    pub script: &'a [u8],
}

/// Unknown blocks, sorted into clusters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clusters {
    /// Clusters that there are, those of one block included.
    pub total: usize,
    /// Clusters of one block, which shares nothing with any other.
    pub single: usize,
    /// The first of them: most blocks first, then the newest.
    pub ranked: Vec<Cluster>,
}

/// Unknown blocks that hang together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// How many; at least one.
    pub blocks: usize,
    /// Least height among them.
    pub first_height: u32,
    /// Greatest height among them.
    pub last_height: u32,
    /// Earliest header time among them, Unix seconds.
    pub first_time: u32,
    /// Latest header time among them, Unix seconds.
    pub last_time: u32,
    /// Words in at least half of them, and in two where there are two; those in most first.
    pub texts: Vec<SharedText>,
    /// Every script that gets at least half of the reward of one of them, those of most first.
    pub payouts: Vec<SharedPayout>,
    /// The newest of them, newest first; at most ten.
    pub latest: Vec<BlockId>,
    /// What holds them together, what is in most blocks first; at most twenty, and none for a single block.
    pub links: Vec<Link>,
    /// Literals that no other block given has, in the order in which an entry takes them.
    marks: Vec<marks::TagMark>,
    /// Where each of the payouts is found.
    paid: Vec<Found>,
}

/// A word that blocks share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedText {
    /// The word, as the newest block writes it.
    pub text: String,
    /// Blocks of the cluster that have it.
    pub blocks: usize,
    /// Slug of the known pool whose blocks have it too: perhaps the cluster is that pool's.
    pub pool: Option<String>,
}

/// A payout script that blocks share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedPayout {
    /// The script.
    pub script: ScriptBuf,
    /// Blocks of the cluster that pay it.
    pub blocks: usize,
}

/// What links two blocks or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// A word of their input scripts.
    Text(SharedText),
    /// The script that they pay.
    Payout(SharedPayout),
}

impl Link {
    /// Blocks of the cluster that have it.
    pub fn blocks(&self) -> usize {
        match self {
            Link::Text(text) => text.blocks,
            Link::Payout(payout) => payout.blocks,
        }
    }
}

/// Where a mark is found within a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    /// Places of the blocks that have it, the newest block of the cluster being at 0; ascending, never empty.
    places: Vec<usize>,
    /// The newest of these blocks.
    newest: BlockId,
    /// Its header's time.
    time: u32,
}
