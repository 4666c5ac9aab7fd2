//! The newest mark and the blocks up to it as this process wrote them, so that what was just stored is told without asking for it.
//!
//! A mark has the same answers for ever: those of the writer's own are never wrong, at worst not the newest, where
//! somebody else wrote one against the rule that there is one writer.

use std::{
    collections::VecDeque,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use hashwatch_model::{AttributedBlock, CoinbaseProof};
use tokio::sync::watch;

use crate::store::Mark;

#[derive(Clone, Default)]
pub(crate) struct Newest {
    written: Arc<RwLock<Option<Known>>>,
    read: Arc<RwLock<Option<(Instant, Mark)>>>,
    news: watch::Sender<()>,
}

/// For how long a mark that was read is taken for the newest, where another process writes: many ask at a time, and a new block is
/// told a moment later.
const FRESH: Duration = Duration::from_millis(200);

/// Blocks that are known. A coinbase takes a megabyte at most.
const KNOWN: usize = 16;

struct Known {
    mark: Mark,
    /// Blocks one upon the other, the mark's tip at the end; none where that is not known.
    run: VecDeque<Arc<AttributedBlock>>,
}

impl Newest {
    /// A mark was written, and with it the blocks `new`, one upon the other. Those that came with the marks before are known still, where
    /// these stand on them.
    pub(crate) fn set(&self, mark: Mark, new: &[AttributedBlock]) {
        let mut known = self.written.write().unwrap_or_else(PoisonError::into_inner);
        let before = known.take().filter(|before| before.mark.registry == mark.registry);
        let mut run = before.map(|before| before.run).unwrap_or_default();
        for block in &new[new.len().saturating_sub(KNOWN)..] {
            if run.back().is_some_and(|last| last.block.id.hash != block.block.header.prev_blockhash) {
                run.clear();
            }
            run.push_back(Arc::new(block.clone()));
            // what is not proven may be proven later, without a mark
            if block.block.coinbase_proof != CoinbaseProof::Merkle {
                run.clear();
            }
        }
        if run.back().is_none_or(|last| last.block.id != mark.tip) {
            run.clear();
        }
        run.drain(..run.len().saturating_sub(KNOWN));
        *known = Some(Known { mark, run });
        drop(known);
        self.tell();
    }

    /// Something was written that others of this process wait for.
    pub(crate) fn tell(&self) {
        self.news.send_replace(());
    }

    /// Changes with all that this process writes.
    pub(crate) fn news(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }

    /// Nobody writes any more, or nobody knows what was written.
    pub(crate) fn forget(&self) {
        *self.written.write().unwrap_or_else(PoisonError::into_inner) = None;
        self.unread();
    }

    /// The database does not answer: what it said before is not told as if it did.
    pub(crate) fn unread(&self) {
        *self.read.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// A mark was read just now.
    pub(crate) fn read(&self, mark: Mark) {
        *self.read.write().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), mark));
    }

    /// The one that was read a moment ago. Once it is older, whoever asks first reads another, and the others have it meanwhile.
    pub(crate) fn fresh(&self) -> Option<Mark> {
        let read = self.read.read().unwrap_or_else(PoisonError::into_inner);
        let (at, mark) = read.as_ref()?;
        if at.elapsed() < FRESH {
            return Some(mark.clone());
        }
        let mark = mark.clone();
        drop(read);
        let mut read = self.read.write().unwrap_or_else(PoisonError::into_inner);
        match read.as_mut() {
            // somebody is reading, or has read
            Some((at, mark)) if at.elapsed() < FRESH => Some(mark.clone()),
            Some((at, known)) if *known == mark => {
                *at = Instant::now();
                None
            }
            _ => None,
        }
    }

    pub(crate) fn mark(&self) -> Option<Mark> {
        self.written.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(|known| known.mark.clone())
    }

    /// The last blocks up to the tip of a mark, the lowest first; none where they are not known.
    pub(crate) fn run(&self, mark: &Mark) -> Vec<Arc<AttributedBlock>> {
        let known = self.written.read().unwrap_or_else(PoisonError::into_inner);
        known
            .as_ref()
            .filter(|known| known.mark == *mark)
            .map(|known| known.run.iter().cloned().collect())
            .unwrap_or_default()
    }
}
