//! A directory of blk*.dat, read without the node that writes it.
//!
//! The files hold blocks in the order in which a node got them, stale ones among them. The headers are read once
//! ([`frames`]), made into a tree ([`tree`]), and the chain with the most work is called active; new bytes are looked at
//! when the tip is asked for. Only proof of work is looked at here, so that nobody can choose a chain for free: verify
//! keeps all other rules. How blocks are read out of their places is in [`read`].

mod directory;
mod frames;
mod index;
mod read;
mod sweep;
mod tree;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use hashwatch_model::{BlockHash, BlockId, Network, NodeState, NodeStatus, RawBlock};

use crate::{BranchTip, HEADERS_AT_ONCE, NodeError, Traffic, Want, traffic::Meter};
use index::Index;
pub use index::ScanReport;
use read::Misread;
use sweep::Looking;

/// Between two looks at the files.
const POLL: Duration = Duration::from_secs(1);

/// A directory of block files.
#[derive(Clone, Debug)]
pub struct BlockFiles {
    name: String,
    index: Arc<Mutex<Index>>,
    meter: Arc<Meter>,
    looking: Arc<Looking>,
}

/// Says that nobody waits for the work any more, when it is dropped.
struct Asker(Arc<AtomicBool>);

impl Drop for Asker {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl BlockFiles {
    /// Looks into the directory, but reads no blocks yet: that comes with the first question. Blocks the thread for a
    /// few small reads.
    ///
    /// The chain begins with `start`; without one, with the network's genesis; for `Sim`, which has none, with the
    /// first block found whose parent is all zero.
    ///
    /// # Errors
    /// [`NodeError::Directory`], [`NodeError::NoBlockFiles`], [`NodeError::XorKey`], [`NodeError::File`], and
    /// [`NodeError::OtherNetwork`] where the first file opens with the magic of another network.
    pub fn open(
        name: impl Into<String>,
        directory: impl Into<PathBuf>,
        network: Network,
        start: Option<BlockId>,
    ) -> Result<BlockFiles, NodeError> {
        let looking = Arc::<Looking>::default();
        let index = Index::open(directory.into(), network, start, Arc::clone(&looking))?;
        Ok(BlockFiles { name: name.into(), index: Arc::new(Mutex::new(index)), meter: Arc::default(), looking })
    }

    /// Its name in the configuration.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// See [`crate::Source::probe`].
    pub async fn probe(&self, needed: u32) -> NodeStatus {
        let (tip, state) = match self.with_index(|index, stop| Ok((index.refresh(stop)?, index.start_height()))).await {
            Ok((tip, lowest)) if lowest > needed => (Some(tip), NodeState::PrunedBelowStart { lowest, needed }),
            Ok((tip, _)) => (Some(tip), NodeState::Ok),
            Err(NodeError::OtherNetwork { found, .. }) => {
                (None, NodeState::WrongNetwork { found: found.name().to_owned() })
            }
            Err(error) => (None, NodeState::Unreachable(error.to_string())),
        };
        NodeStatus {
            name: self.name.clone(),
            state,
            version: None,
            tip,
            ancestor: None,
            network_hashes_per_second: None,
            more_work: None,
            refused: None,
        }
    }

    /// See [`crate::Source::tip`]. Reads what is new in the files; the first time that is all of them.
    ///
    /// # Errors
    /// [`NodeError::NoBlocks`], [`NodeError::NoStart`], or a file that cannot be read.
    pub async fn tip(&self) -> Result<BlockId, NodeError> {
        self.with_index(|index, stop| index.refresh(stop)).await
    }

    /// See [`crate::Source::headers_from`]. Speaks of the chain as it was at the last look at the files.
    pub async fn headers_from(&self, first: BlockId) -> Result<Vec<u8>, NodeError> {
        self.with_index(move |index, stop| {
            index.refresh_once(stop)?;
            Ok(index.tree().headers_from(first, HEADERS_AT_ONCE))
        })
        .await
    }

    /// See [`crate::Source::blocks`]. Of small blocks all is read, whatever is wanted. A block need not stand on the start to
    /// be found.
    pub async fn blocks(&self, ids: &[BlockId], want: Want) -> Result<Vec<RawBlock>, NodeError> {
        let (ids, asker) = (ids.to_vec(), Asker(Arc::new(AtomicBool::new(false))));
        let (index, meter, stop) = (Arc::clone(&self.index), Arc::clone(&self.meter), Arc::clone(&asker.0));
        let done = tokio::task::spawn_blocking(move || {
            let lock = || index.lock().unwrap_or_else(PoisonError::into_inner);
            let (places, framing) = {
                let mut index = lock();
                (index.places(&ids, &stop)?, index.framing())
            };
            // the index is free meanwhile: others may look at the files
            read::blocks(&framing, &places, want, &meter, &stop).map_err(|misread| match misread {
                Misread::Failed(error) => error,
                Misread::Exchanged(error) => {
                    lock().forget();
                    error
                }
            })
        })
        .await;
        drop(asker);
        done.unwrap_or_else(|_| Err(cancelled()))
    }

    /// See [`crate::Source::traffic`].
    pub fn traffic(&self) -> Traffic {
        self.meter.traffic()
    }

    /// See [`crate::Source::looking`].
    pub fn looking(&self) -> Option<(u64, u64)> {
        self.looking.at()
    }

    /// See [`crate::Source::wait_for_change`]. Looks at the files' sizes and times each second.
    pub async fn wait_for_change(&self, known: BlockHash, timeout: Duration) -> Result<(), NodeError> {
        let until = Instant::now() + timeout;
        while self.tip().await?.hash == known {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            tokio::time::sleep(left.min(POLL)).await;
        }
        Ok(())
    }

    /// See [`crate::Source::stale_blocks`]: every block in the files that stands on the start but is not active.
    pub async fn stale_blocks(&self) -> Result<Vec<BlockId>, NodeError> {
        self.with_index(|index, stop| {
            index.refresh(stop)?;
            Ok(index.tree().stale())
        })
        .await
    }

    /// See [`crate::Source::branch_tips`].
    pub async fn branch_tips(&self) -> Result<Vec<BranchTip>, NodeError> {
        self.with_index(|index, stop| {
            index.refresh(stop)?;
            Ok(index.tree().branch_tips())
        })
        .await
    }

    /// See [`crate::Source::branch_headers`].
    pub async fn branch_headers(&self, tip: &BranchTip) -> Result<Vec<u8>, NodeError> {
        tip.check_length()?;
        let tip = *tip;
        self.with_index(move |index, stop| {
            index.refresh_once(stop)?;
            index.tree().branch_headers(tip)
        })
        .await
    }

    /// What the files were found to hold at the last look.
    pub async fn report(&self) -> Result<ScanReport, NodeError> {
        self.with_index(|index, stop| {
            index.refresh_once(stop)?;
            Ok(index.report())
        })
        .await
    }

    /// Works on the index on a thread that may block. `stop` is set when the returned future is dropped.
    async fn with_index<T, W>(&self, work: W) -> Result<T, NodeError>
    where
        T: Send + 'static,
        W: FnOnce(&mut Index, &AtomicBool) -> Result<T, NodeError> + Send + 'static,
    {
        let asker = Asker(Arc::new(AtomicBool::new(false)));
        let stop = Arc::clone(&asker.0);
        let index = Arc::clone(&self.index);
        let done = tokio::task::spawn_blocking(move || {
            let mut index = index.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut index, &stop)
        })
        .await;
        drop(asker);
        done.unwrap_or_else(|_| Err(cancelled()))
    }
}

fn cancelled() -> NodeError {
    NodeError::Cancelled { asked: "reading block files".to_owned() }
}

fn missing(hash: BlockHash, said: impl Into<String>) -> NodeError {
    NodeError::BlockMissing { hash, said: said.into() }
}

fn unreadable(path: &Path) -> impl FnOnce(std::io::Error) -> NodeError + '_ {
    move |source| NodeError::File { path: path.to_owned(), source }
}
