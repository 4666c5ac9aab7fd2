//! The newest mark and its block as this process wrote them, so that what was just stored is told without asking for it.
//!
//! A mark has the same answers for ever: those of the writer's own are never wrong, at worst not the newest, where
//! somebody else wrote one against the rule that there is one writer.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use hashwatch_model::{AttributedBlock, BlockHash, CoinbaseProof};
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

struct Known {
    mark: Mark,
    /// The mark's tip.
    tip: Option<Arc<AttributedBlock>>,
}

impl Newest {
    /// A mark was written, and its tip with it. Where that came with the mark before, it is known still.
    pub(crate) fn set(&self, mark: Mark, tip: Option<&AttributedBlock>) {
        let mut known = self.written.write().unwrap_or_else(PoisonError::into_inner);
        let before = known.take().filter(|before| before.mark.registry == mark.registry).and_then(|before| before.tip);
        // what is not proven may be proven later, without a mark
        let tip = tip.filter(|block| block.block.coinbase_proof == CoinbaseProof::Merkle).cloned().map(Arc::new);
        let tip = tip.or(before).filter(|block| block.block.id == mark.tip);
        *known = Some(Known { mark, tip });
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

    /// The tip of a mark, if that is this block.
    pub(crate) fn tip(&self, mark: &Mark, hash: BlockHash) -> Option<Arc<AttributedBlock>> {
        let known = self.written.read().unwrap_or_else(PoisonError::into_inner);
        let known = known.as_ref().filter(|known| known.mark == *mark)?;
        known.tip.clone().filter(|block| block.block.id.hash == hash)
    }
}
