//! At the start: what an interrupted write left is taken away, every stored header is verified again, and opinions of
//! another version of the registry are formed anew.

use std::{collections::HashSet, time::Duration};

use bitcoin::consensus;
use hashwatch_model::{BlockHash, BlockId, RegistryVersion, StoreState};
use hashwatch_sha256d::RUN;
use hashwatch_store::{StoreError, StoredHeader, Writer};
use hashwatch_verify::HeaderTree;
use tokio::time::Instant;

use super::Pipeline;
use crate::relabel::relabel;

/// How often the wait for a store that is away doubles.
const LONGER: u32 = 3;

/// A stored chain with holes in it.
pub(super) struct Mending {
    /// Where the chain ends by the mark.
    pub(super) tip: BlockId,
    /// What is left of it above the lowest hole.
    pub(super) above: Vec<StoredHeader>,
    /// Blocks that were written again.
    pub(super) again: HashSet<BlockHash>,
}

impl Pipeline {
    /// Reads the store from the beginning, however long it takes to come back. With `once` a store that is away ends it.
    pub(super) async fn restore(&mut self) -> anyhow::Result<()> {
        loop {
            match self.try_restore().await {
                Ok(()) => {
                    self.outages = 0;
                    self.say(|status| status.store = StoreState::Ok);
                    return Ok(());
                }
                Err(error) if self.can_wait_for(&error) => self.store_is_down(&error).await,
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn try_restore(&mut self) -> Result<(), StoreError> {
        // with what was under way the writer goes too: the rest is formed below
        if let Some(renewal) = self.renewal.take() {
            self.registry = renewal.registry;
        }
        self.headers.clear();
        self.active = None;
        self.mending = None;
        self.heard.fill(None);
        self.writer = None;
        self.branches.restart(std::iter::empty());
        let mut writer = Writer::open(&self.store).await?;
        if let Some(snapshot) = self.store.snapshot().await? {
            let began = Instant::now();
            let headers = snapshot.headers().await?;
            self.restore_chain(snapshot.mark().tip, headers)?;
            let seconds = began.elapsed().as_secs_f64();
            let (headers, tip) = (self.headers.count(), snapshot.mark().tip.height);
            tracing::info!(headers, tip, seconds, "verified the stored chain again");
            self.branches.restart(snapshot.kept_stale().await?.into_iter().map(|id| id.hash));
            let (missing, orphaned) = snapshot.opinions_adrift().await?;
            if orphaned > 0 {
                writer.forget_orphans().await?;
            }
            if snapshot.registry() != self.registry.version() || missing > 0 {
                let (from, to) = (snapshot.registry().clone(), self.registry.version().clone());
                tracing::info!(%from, %to, missing, "the registry has changed, or opinions are lost: forming them anew");
                relabel(&self.store, &mut writer, &snapshot, &self.registry, 0, |_| ()).await?;
                self.tell_changed_hands(&from, &to).await?;
            }
        }
        self.store.keep_registry(self.registry.version(), self.registry.files()).await?;
        self.writer = Some(writer);
        Ok(())
    }

    /// Which blocks another version of the registry gives to others.
    pub(super) async fn tell_changed_hands(
        &self,
        before: &RegistryVersion,
        after: &RegistryVersion,
    ) -> Result<(), StoreError> {
        let Some(snapshot) = self.store.snapshot().await?.filter(|_| before != after) else { return Ok(()) };
        for moved in snapshot.changed_hands(before, after).await? {
            let name = |pool: Option<String>| pool.unwrap_or_else(|| "Unknown".to_owned());
            let (blocks, from, to) = (moved.blocks, name(moved.from), name(moved.to));
            tracing::info!(blocks, %from, %to, "changed hands");
        }
        Ok(())
    }

    /// The stored chain, up to where the mark says that it ends. Rows below the mark may be lost: then what lies below the
    /// first hole is taken, and the rest is for [`Pipeline::mend`].
    fn restore_chain(&mut self, tip: BlockId, mut headers: Vec<StoredHeader>) -> Result<(), StoreError> {
        let sound = (self.headers.base()..).zip(&headers).take_while(|(height, stored)| stored.id.height == *height);
        let above = headers.split_off(sound.count());
        tokio::task::block_in_place(|| verify_again(&mut self.headers, &headers))?;
        self.active = headers.last().map(|stored| stored.id);
        let (end, next) = (self.active.map_or(0, |id| id.height), above.first().map(|stored| stored.id.height));
        if self.active == Some(tip) {
            return Ok(());
        }
        if end >= tip.height && self.active.is_some() || next.is_some_and(|next| next <= end) {
            let reason = format!("the mark is at {tip}, and the chain does not end there");
            return Err(StoreError::Damaged { height: tip.height, reason });
        }
        let wanted = u64::from(tip.height) + 1 - u64::from(self.next_height()).min(u64::from(tip.height) + 1);
        let lost = wanted.saturating_sub(above.len() as u64);
        tracing::warn!(lost, above = end, "blocks below the mark are lost: fetching them again");
        self.mending = Some(Mending { tip, above, again: HashSet::new() });
        Ok(())
    }

    /// Whether a failure of the store is one to wait out.
    pub(super) fn can_wait_for(&self, error: &StoreError) -> bool {
        error.is_passing() && (!self.once || matches!(error, StoreError::Moved))
    }

    /// Says so, and waits a moment.
    pub(super) async fn store_is_down(&mut self, error: &StoreError) {
        self.failed(&error.to_string());
        if !matches!(error, StoreError::Moved) {
            let reason = error.in_public();
            self.say(|status| status.store = StoreState::Down(reason));
        }
        self.outages += 1;
        let longer = 1 << self.outages.min(LONGER);
        tokio::time::sleep(longer * Duration::from_secs(self.settings.retry_seconds) / 2).await;
    }
}

/// Every rule once more, and what was computed when the headers were stored. They were not too far in the future then,
/// whatever the clock says now.
pub(crate) fn verify_again(tree: &mut HeaderTree, headers: &[StoredHeader]) -> Result<(), StoreError> {
    let damaged = |height: u32, reason: String| StoreError::Damaged { height, reason };
    for run in headers.chunks(RUN) {
        let bytes: Vec<u8> = run.iter().flat_map(|stored| consensus::serialize(&stored.header)).collect();
        let outcome = tree.extend(&bytes, u64::MAX);
        for stored in run {
            let height = stored.id.height;
            let Some(place) = tree.place(stored.id.hash).filter(|place| place.id == stored.id) else {
                // a header that is not itself any more may have work enough by chance: then the next one is refused
                let refused = outcome.err().filter(|refusal| refusal.height <= height);
                return Err(damaged(height, refused.map_or(format!("kept as {}", stored.id), |it| it.to_string())));
            };
            if place.median_time != stored.median_time {
                let reason = format!("median time past {}, computed {}", stored.median_time, place.median_time);
                return Err(damaged(height, reason));
            }
            if place.chainwork != stored.chainwork {
                let reason = format!("chainwork {:x}, computed {:x}", stored.chainwork, place.chainwork);
                return Err(damaged(height, reason));
            }
        }
        outcome.map_err(|refusal| damaged(refusal.height, refusal.to_string()))?;
    }
    Ok(())
}
