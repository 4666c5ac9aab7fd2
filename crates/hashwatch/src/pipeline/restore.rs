//! At the start: what an interrupted write left is taken away, every stored header is verified again, and opinions of
//! another version of the registry are formed anew.

use bitcoin::consensus;
use hashwatch_attribute::attribute;
use hashwatch_model::StoreState;
use hashwatch_sha256d::RUN;
use hashwatch_store::{Snapshot, StoreError, StoredHeader, Writer};
use hashwatch_verify::{HeaderTree, VerifiedBlock};
use tokio::time::Instant;

use super::Pipeline;

/// Heights whose opinions are formed anew at a time.
const RELABEL_HEIGHTS: u32 = 500;

impl Pipeline {
    /// Reads the store from the beginning, however long it takes to come back. With `once` a store that is away ends it.
    pub(super) async fn restore(&mut self) -> anyhow::Result<()> {
        loop {
            match self.try_restore().await {
                Ok(()) => {
                    self.say(|status| status.store = StoreState::Ok);
                    return Ok(());
                }
                Err(error) if self.can_wait_for(&error) => self.store_is_down(&error).await,
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn try_restore(&mut self) -> Result<(), StoreError> {
        self.headers.clear();
        self.active = None;
        self.heard.fill(None);
        self.writer = None;
        self.branches.restart(std::iter::empty());
        let mut writer = Writer::open(&self.store).await?;
        if let Some(snapshot) = self.store.snapshot().await? {
            let began = Instant::now();
            let headers = snapshot.headers().await?;
            tokio::task::block_in_place(|| verify_again(&mut self.headers, &headers))?;
            let tip = snapshot.mark().tip;
            if self.headers.best() != Some(tip) {
                let reason = format!("the mark is at {tip}, and the chain does not end there");
                return Err(StoreError::Damaged { height: tip.height, reason });
            }
            self.active = Some(tip);
            tracing::info!(
                headers = headers.len(),
                tip = tip.height,
                seconds = began.elapsed().as_secs_f64(),
                "verified the stored chain again"
            );
            self.branches.restart(snapshot.stale_ids(u32::MAX).await?.into_iter().map(|id| id.hash));
            if snapshot.registry() != self.registry.version() {
                self.relabel(&mut writer, &snapshot).await?;
            }
        }
        self.writer = Some(writer);
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
        self.pause().await;
    }

    /// Opinions on all blocks, active and stale, under the registry at hand; then they are what readers see.
    async fn relabel(&self, writer: &mut Writer, snapshot: &Snapshot) -> Result<(), StoreError> {
        let version = self.registry.version();
        tracing::info!(from = %snapshot.registry(), to = %version, "the registry has changed: forming opinions anew");
        let attempt = writer.begin_opinions();
        let mut written = 0;
        let highest = snapshot.max_height().await?;
        let mut from = self.headers.base();
        while from <= highest {
            let to = from.saturating_add(RELABEL_HEIGHTS - 1);
            let mut opinions = Vec::new();
            for block in snapshot.facts_between(from, to).await? {
                let height = block.id.height;
                let block = VerifiedBlock::restored(self.headers.network(), block)
                    .map_err(|refusal| StoreError::Damaged { height, reason: refusal.to_string() })?;
                opinions.push((block.facts().id, attribute(&self.registry, &block)));
            }
            written += writer.write_opinions(attempt, &opinions, version).await?;
            from = to.saturating_add(1);
        }
        writer.adopt(attempt, written, version).await
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
