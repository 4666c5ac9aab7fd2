//! What is known of the files: how far each was read, and the tree of the blocks found in them.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant, SystemTime},
};

use hashwatch_model::{BlockId, Network};

use super::{
    directory::{self, Key},
    frames::{Framing, Scanned},
    missing,
    read::Located,
    sweep::{Job, Look, Looking, sweep},
    tree::Tree,
};
use crate::NodeError;

/// A file changed this recently may change again without a new time: clocks of file systems tick slowly.
const SETTLED: Duration = Duration::from_secs(2);

/// Between two looks for a block that is not known.
const AGAIN: Duration = Duration::from_secs(1);

/// Bytes of a block, about: mainnet's were 0.8 MB on average by 2026. What is reserved too much is never touched.
const TYPICAL: u64 = 1_000_000;
/// Twice the blocks of mainnet: a file may lie about its length.
const MOST_RESERVED: usize = 2_000_000;

/// What the files of a directory were found to hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScanReport {
    /// Files.
    pub files: u64,
    /// Blocks with proof of work, stale ones included.
    pub blocks: u64,
    /// Those of them that do not stand on the start: a parent is missing.
    pub detached: u64,
    /// Bytes between blocks that belong to none: damage.
    pub skipped_bytes: u64,
    /// Well-framed blocks whose header has no proof of work. They are not in the tree.
    pub unproven: u64,
}

/// The newest file counts as being written this long after its last change. Then its end is read as damage would be.
const WRITING: Duration = Duration::from_secs(600);

#[derive(Debug)]
struct Seen {
    path: Arc<Path>,
    scanned_to: u64,
    /// None before the first look.
    as_found: Option<Look>,
    skipped: u64,
    unproven: u64,
}

impl Seen {
    fn new(path: Arc<Path>) -> Seen {
        Seen { path, scanned_to: 0, as_found: None, skipped: 0, unproven: 0 }
    }

    /// Whether nothing changed since it was looked through. The end of a file that no longer grows is read with other eyes.
    fn is_done(&self, now: &Look) -> bool {
        self.as_found.is_some_and(|then| {
            then.settles && (then.grows, then.length, then.modified) == (now.grows, now.length, now.modified)
        })
    }

    fn take_in(&mut self, scanned: Scanned, look: Look) {
        self.as_found = Some(look);
        self.scanned_to = scanned.to;
        self.skipped += scanned.skipped;
        self.unproven += scanned.unproven;
        for (from, to) in scanned.damage {
            tracing::warn!(file = %self.path.display(), from, to, "damaged: what blocks lay there is lost here");
        }
    }
}

/// The files and the tree.
#[derive(Debug)]
pub(super) struct Index {
    directory: PathBuf,
    network: Network,
    keyed: bool,
    framing: Framing,
    start: Option<BlockId>,
    files: BTreeMap<u32, Seen>,
    tree: Tree,
    looking: Arc<Looking>,
    looked_at: Option<Instant>,
}

impl Index {
    pub(super) fn open(
        directory: PathBuf,
        network: Network,
        start: Option<BlockId>,
        looking: Arc<Looking>,
    ) -> Result<Index, NodeError> {
        let files = directory::list(&directory)?;
        let key = directory::read_key(&directory)?;
        let genesis = network.genesis().map(|header| BlockId { height: 0, hash: header.block_hash() });
        let start = start.or(genesis);
        let index = Index {
            framing: Framing::new(network, key.unwrap_or_default()),
            network,
            keyed: key.is_some(),
            tree: Tree::new(start),
            start,
            files: BTreeMap::new(),
            looking,
            looked_at: None,
            directory,
        };
        index.check_network(&files, key.unwrap_or_default())?;
        Ok(index)
    }

    fn check_network(&self, files: &[(u32, PathBuf)], key: Key) -> Result<(), NodeError> {
        let Some((_, first)) = files.first() else { return Ok(()) };
        match directory::opening_network(first, key)? {
            Some(found) if found != self.network => {
                Err(NodeError::OtherNetwork { path: self.directory.clone(), found, expected: self.network })
            }
            _ => Ok(()),
        }
    }

    /// Reads what is new, and tells the end of the chain with the most work.
    pub(super) fn refresh(&mut self, stop: &AtomicBool) -> Result<BlockId, NodeError> {
        self.look(stop)?;
        self.tree.choose();
        self.tree.tip().ok_or_else(|| self.no_chain())
    }

    /// Reads what is new.
    fn look(&mut self, stop: &AtomicBool) -> Result<(), NodeError> {
        let listed = directory::list(&self.directory)?;
        if self.were_exchanged(&listed) {
            tracing::debug!(directory = %self.directory.display(), "the block files were exchanged: reading all anew");
            self.forget();
        }
        let newest = listed.last().map(|(number, _)| *number);
        let mut jobs = Vec::new();
        for (number, path) in listed {
            jobs.extend(self.unread(number, path, Some(number) == newest)?);
        }
        let Index { framing, files, tree, looking, .. } = self;
        let bytes = jobs.iter().map(|job| job.look.length.saturating_sub(job.from)).fold(0, u64::saturating_add);
        tree.reserve(usize::try_from(bytes / TYPICAL).unwrap_or(usize::MAX).min(MOST_RESERVED));
        self.looked_at = Some(Instant::now());
        sweep(framing, &jobs, looking, stop, |job, scanned, frames| {
            for frame in &frames {
                tree.insert(frame, job.number);
            }
            if let Some(seen) = files.get_mut(&job.number) {
                seen.take_in(scanned, job.look);
            }
        })
    }

    /// Reads the files if that was never done.
    pub(super) fn refresh_once(&mut self, stop: &AtomicBool) -> Result<(), NodeError> {
        match self.tree.tip() {
            Some(_) => Ok(()),
            None => self.refresh(stop).map(|_| ()),
        }
    }

    fn no_chain(&self) -> NodeError {
        let path = self.directory.clone();
        match self.tree.counts().0 {
            0 => NodeError::NoBlocks { path, network: self.network, keyed: self.keyed },
            blocks => {
                let start = self.start.map_or_else(|| "a block without a parent".to_owned(), |id| id.to_string());
                NodeError::NoStart { path, blocks, start }
            }
        }
    }

    /// Block files only grow. One that is shorter than what was read of it belongs to another run of a node.
    fn were_exchanged(&self, listed: &[(u32, PathBuf)]) -> bool {
        listed.iter().any(|(number, path)| {
            let seen = self.files.get(number);
            seen.is_some_and(|seen| fs::metadata(path).is_ok_and(|found| found.len() < seen.scanned_to))
        })
    }

    /// Another directory under the same name: the next look reads all of it.
    pub(super) fn forget(&mut self) {
        self.looked_at = None;
        self.files.clear();
        self.tree = Tree::new(self.start);
        // it may have a key of its own; one that cannot be read is complained of when nothing is found
        if let Ok(key) = directory::read_key(&self.directory) {
            self.framing = Framing::new(self.network, key.unwrap_or_default());
            self.keyed = key.is_some();
        }
    }

    /// Whether a file has to be looked through, and from where on.
    fn unread(&mut self, number: u32, path: PathBuf, newest: bool) -> Result<Option<Job>, NodeError> {
        let found = match fs::metadata(&path) {
            Ok(found) => found,
            // pruned away since it was listed
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(NodeError::File { path, source }),
        };
        let (length, modified) = (found.len(), found.modified().unwrap_or(SystemTime::UNIX_EPOCH));
        // the clock is read before the file, so that what is written later counts as unsettled; a time ahead of it is new
        let age = SystemTime::now().duration_since(modified).unwrap_or_default();
        let look = Look { length, modified, grows: newest && age < WRITING, settles: age > SETTLED };
        let seen = self.files.entry(number).or_insert_with(|| Seen::new(path.into()));
        let job = Job { number, path: Arc::clone(&seen.path), from: seen.scanned_to, look };
        Ok((!seen.is_done(&look)).then_some(job))
    }

    pub(super) fn start_height(&self) -> u32 {
        self.tree.start().map_or(0, |start| start.height)
    }

    pub(super) fn tree(&self) -> &Tree {
        &self.tree
    }

    pub(super) fn report(&self) -> ScanReport {
        let (blocks, detached) = self.tree.counts();
        ScanReport {
            files: self.files.len() as u64,
            blocks,
            detached,
            skipped_bytes: self.files.values().map(|seen| seen.skipped).sum(),
            unproven: self.files.values().map(|seen| seen.unproven).sum(),
        }
    }

    /// Where blocks lie. For one that is not known the files are looked at again, though not too often.
    pub(super) fn places(&mut self, ids: &[BlockId], stop: &AtomicBool) -> Result<Vec<Located>, NodeError> {
        let found = self.located(ids);
        // looked for once more in what came meanwhile, though not too often
        if found.is_err() && self.looked_at.is_none_or(|at| at.elapsed() >= AGAIN) {
            let looked = self.look(stop);
            self.tree.choose();
            // a file that cannot be read says nothing of blocks in the others
            return self.located(ids).map_err(|missing| looked.err().unwrap_or(missing));
        }
        found
    }

    fn located(&self, ids: &[BlockId]) -> Result<Vec<Located>, NodeError> {
        let located = |id: &BlockId| {
            let place = self.tree.place(*id).ok_or_else(|| missing(id.hash, "it is in none of the files"))?;
            let seen = self.files.get(&place.file).ok_or_else(|| missing(id.hash, "its file is gone"))?;
            Ok(Located { id: *id, path: Arc::clone(&seen.path), offset: place.offset, size: place.size })
        };
        ids.iter().map(located).collect()
    }

    pub(super) fn framing(&self) -> Framing {
        self.framing.clone()
    }
}
