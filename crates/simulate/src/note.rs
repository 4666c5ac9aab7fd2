//! The note beside the block files: what chain they hold and how it was made. It is written last, so a directory with
//! a note is whole, and it counts only blocks that are on disk.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use bitcoin::{BlockHash, block::Header, consensus};
use hashwatch_model::{Network, Origin};
use serde::{Deserialize, Serialize};

use crate::{SimulateError, chain::Summary, error::failed, plan::Plan};

/// Name of the note in the directory of the block files.
pub const NOTE_FILE: &str = "hashwatch-sim.json";

/// Changes whenever the generator makes other bytes of the same plan: a chain is continued only by its own format.
pub(crate) const FORMAT: u32 = 1;

/// Hashes a second that a simulated network shows at its start, for display: 1 ZH/s.
const SHOWN_HASHES_PER_SECOND: f64 = 1e21;

/// What a directory of simulated blocks says of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// Version of the generator's output.
    pub format: u32,
    /// Who made it.
    pub generator: String,
    /// `sim` or `regtest`.
    pub network: String,
    /// What every choice was drawn from.
    pub seed: u64,
    /// Unix seconds at which mining began.
    pub start_time: u32,
    /// Active blocks, the genesis among them.
    pub blocks: u32,
    /// Blocks of the files that are not on the active chain.
    pub stale_blocks: u32,
    /// The tip by Core's rule: most work, and of equals the first in the files.
    pub tip: NotedTip,
    /// Declared bytes of each block of sparse files.
    pub bytes_per_block: Option<u32>,
    /// Whether xor.dat holds a key other than zero.
    pub obfuscated: bool,
    /// Heights below this lie in shuffled runs.
    pub disordered: u32,
    /// The first block.
    pub genesis: NotedGenesis,
    /// Real hashes that one hash of the chain stands for, for display alone: the chain starts at about 1 ZH/s.
    pub hash_scale: f64,
}

/// The tip of a noted chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotedTip {
    /// One less than the blocks.
    pub height: u32,
    /// As hashes are written.
    pub hash: BlockHash,
    /// Header time, Unix seconds.
    pub time: u32,
}

/// The first block of a noted chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotedGenesis {
    /// As hashes are written.
    pub hash: BlockHash,
    /// Its 80 bytes in hex.
    pub header: String,
}

impl Note {
    /// Reads the note of a directory.
    ///
    /// # Errors
    /// [`SimulateError::NoChain`] where there is none, [`SimulateError::Note`] where it makes no sense, and
    /// [`SimulateError::Io`].
    pub fn read(dir: &Path) -> Result<Note, SimulateError> {
        let path = dir.join(NOTE_FILE);
        let text = fs::read(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => SimulateError::NoChain { dir: dir.to_owned() },
            _ => failed("read", &path)(error),
        })?;
        let wrong = |reason: String| SimulateError::Note { path: path.clone(), reason };
        let note: Note = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
        note.network().ok_or_else(|| wrong(format!("no network {:?} is simulated", note.network)))?;
        note.genesis_header().ok_or_else(|| wrong("the genesis is no header".to_owned()))?;
        if !(note.hash_scale.is_finite() && note.hash_scale > 0.0) {
            return Err(wrong("hash_scale is no positive number".to_owned()));
        }
        Ok(note)
    }

    /// The chain's origin, as stores and answers know it.
    pub fn origin(&self) -> Origin {
        Origin {
            network: self.network().unwrap_or(Network::Sim),
            start: self.genesis.hash,
            simulated: true,
            hash_scale: self.hash_scale,
        }
    }

    /// The first block's header; none where the note holds something else, which [`Note::read`] refuses.
    pub fn genesis_header(&self) -> Option<Header> {
        let header: Header = consensus::encode::deserialize_hex(&self.genesis.header).ok()?;
        (header.block_hash() == self.genesis.hash).then_some(header)
    }

    fn network(&self) -> Option<Network> {
        self.network.parse().ok().filter(|network| matches!(network, Network::Sim | Network::Regtest))
    }

    /// The note of a chain that `plan` made and that `rate` (thousandths of a hash in ten minutes) began.
    pub(crate) fn new(plan: &Plan, genesis: &Header, rate: u64, summary: Summary) -> Note {
        let milli_hashes_per_ten_minutes = u32::try_from(rate).map_or(f64::MAX, f64::from);
        let hash = genesis.block_hash();
        let mut note = Note {
            format: FORMAT,
            generator: concat!("hashwatch-simulate ", env!("CARGO_PKG_VERSION")).to_owned(),
            network: plan.network.name().to_owned(),
            seed: plan.seed,
            start_time: plan.start_time,
            blocks: 0,
            stale_blocks: 0,
            tip: NotedTip { height: 0, hash, time: genesis.time },
            bytes_per_block: plan.bytes_per_block,
            obfuscated: plan.obfuscated,
            disordered: plan.disordered,
            genesis: NotedGenesis { hash, header: consensus::encode::serialize_hex(genesis) },
            hash_scale: SHOWN_HASHES_PER_SECOND * 600_000.0 / milli_hashes_per_ten_minutes,
        };
        note.count(summary);
        note
    }

    /// Notes how far the chain has come.
    pub(crate) fn count(&mut self, summary: Summary) {
        let Summary { blocks, stale_blocks, tip, tip_time } = summary;
        self.blocks = blocks;
        self.stale_blocks = stale_blocks;
        self.tip = NotedTip { height: tip.height, hash: tip.hash, time: tip_time };
    }

    /// The plan that the chain goes on by.
    pub(crate) fn plan(&self) -> Plan {
        Plan {
            start_time: self.start_time,
            bytes_per_block: self.bytes_per_block,
            obfuscated: self.obfuscated,
            disordered: self.disordered,
            ..Plan::new(self.network().unwrap_or(Network::Sim), self.blocks.max(self.disordered), self.seed)
        }
    }

    /// Puts the note into the directory, whole or not at all.
    pub(crate) fn write(&self, dir: &Path) -> Result<(), SimulateError> {
        let path = dir.join(NOTE_FILE);
        let wrong = |error: serde_json::Error| SimulateError::Note { path: path.clone(), reason: error.to_string() };
        let mut text = serde_json::to_vec_pretty(self).map_err(wrong)?;
        text.push(b'\n');
        write_whole(dir, NOTE_FILE, &text)
    }
}

/// Writes a small file under another name first, so that nobody ever reads half of it.
pub(crate) fn write_whole(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), SimulateError> {
    let (path, new) = (dir.join(name), dir.join(format!("{name}.new")));
    let write = || {
        let mut file = File::create(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, &path)
    };
    write().map_err(failed("write", &path))?;
    // a directory cannot be opened for this everywhere; where it can, the new name is then on disk
    if let Ok(dir) = File::open(dir) {
        let _ = dir.sync_all();
    }
    Ok(())
}
