//! At the start: what an interrupted write left is taken away, every stored header is verified again, and opinions of
//! another version of the registry are formed anew.

use anyhow::Context;
use hashwatch_attribute::attribute;
use hashwatch_store::{Snapshot, StoreError, Writer};
use hashwatch_verify::VerifiedBlock;

use super::Pipeline;
use crate::clock::unix_now;

/// Heights whose opinions are formed anew at a time.
const RELABEL_HEIGHTS: u32 = 20_000;

impl Pipeline {
    pub(super) async fn restore(&mut self) -> anyhow::Result<()> {
        self.writer = Some(self.open_writer().await?);
        let Some(snapshot) = self.store.snapshot().await? else { return Ok(()) };
        let headers = snapshot.headers().await?;
        let now = unix_now();
        tokio::task::block_in_place(|| {
            for (id, header) in &headers {
                let damaged = |reason: String| StoreError::Damaged { height: id.height, reason };
                self.headers.push(header, now).map_err(|refusal| damaged(refusal.to_string()))?;
                if self.headers.tip() != Some(*id) {
                    return Err(damaged(format!("kept as {}", id.hash)));
                }
            }
            Ok(())
        })?;
        tracing::info!(headers = headers.len(), tip = snapshot.mark().tip.height, "verified the stored chain again");
        self.branches_seen.extend(snapshot.stale_ids(u32::MAX).await?.into_iter().map(|id| id.hash));
        if snapshot.registry() != self.registry.version() {
            self.relabel(&snapshot).await.context("forming opinions anew")?;
        }
        Ok(())
    }

    /// Opinions on all blocks, active and stale, under the registry at hand; then they are what readers see.
    async fn relabel(&mut self, snapshot: &Snapshot) -> anyhow::Result<()> {
        let writer = self.writer.as_mut().context("no writer")?;
        tracing::info!(from = %snapshot.registry(), to = %self.registry.version(), "the registry has changed");
        let network = self.headers.network();
        let highest = snapshot.max_height().await?;
        let mut from = 0;
        while from <= highest {
            let to = from.saturating_add(RELABEL_HEIGHTS - 1);
            let mut opinions = Vec::new();
            for block in snapshot.facts_between(from, to).await? {
                let block = VerifiedBlock::restored(network, block)?;
                opinions.push((block.facts().id, attribute(&self.registry, &block)));
            }
            writer.write_opinions(&opinions, self.registry.version()).await?;
            from = to.saturating_add(1);
        }
        writer.adopt(self.registry.version()).await?;
        Ok(())
    }

    /// A writer, however long the store takes to come back.
    pub(super) async fn open_writer(&mut self) -> Result<Writer, StoreError> {
        loop {
            match Writer::open(&self.store).await {
                Ok(writer) => {
                    self.store_is_up();
                    return Ok(writer);
                }
                Err(error) if error.is_passing() && !self.once => {
                    self.store_is_down(&error);
                    self.pause().await;
                }
                Err(error) => return Err(error),
            }
        }
    }
}
