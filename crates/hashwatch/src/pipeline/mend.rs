//! Blocks that the store has lost below its mark, as a power failure may do to a disk that lied, are fetched again, and
//! verified again like any other.

use std::collections::HashSet;

use hashwatch_attribute::attribute_chunk;
use hashwatch_model::{BlockHash, Chunk};
use hashwatch_store::StoreError;
use hashwatch_verify::verify_chunk;

use super::{
    Pipeline, Setback,
    ahead::Ahead,
    restore::{Mending, verify_again},
};
use crate::clock::unix_now;

impl Pipeline {
    /// Fills the holes from a source. Our chain is taken to end below the lowest of them until they are filled.
    pub(super) async fn mend(&mut self, place: usize, mending: &mut Mending) -> Result<(), Setback> {
        let source = self.sources[place].clone();
        let theirs = source.tip().await?;
        // what is bad further up is said when it is reached
        self.headers_up_to(place, theirs).await?;
        let fits = tokio::task::block_in_place(|| verify_again(&mut self.headers, &mending.above));
        if !self.headers.contains(mending.tip.hash) {
            if theirs.height < mending.tip.height {
                return Err(Setback::Behind);
            }
            tracing::warn!(tip = %mending.tip, "the chain above the lost blocks is not the source's");
            return self.go_back().await;
        }
        fits.map_err(Setback::Store)?;
        let left: HashSet<BlockHash> = mending.above.iter().map(|stored| stored.id.hash).collect();
        let from = self.active.map_or(self.headers.base(), |id| id.height + 1);
        let mut lost = self.headers.path(mending.tip.hash, from, mending.tip.height);
        lost.retain(|id| !left.contains(&id.hash) && !mending.again.contains(&id.hash));
        let whole_from = mending.tip.height.saturating_add(1).saturating_sub(self.settings.whole);
        self.fetch_again(Ahead::begin(source, lost.clone(), whole_from), mending).await?;
        tracing::info!(blocks = lost.len(), "blocks that the store had lost are there again");
        self.active = Some(mending.tip);
        Ok(())
    }

    async fn fetch_again(&mut self, mut ahead: Ahead, mending: &mut Mending) -> Result<(), Setback> {
        while let Some(blocks) = ahead.next().await {
            let mut found = Vec::new();
            for block in blocks? {
                let below = block.id.height.checked_sub(1);
                let parent = below.and_then(|height| self.headers.ancestor(block.id.hash, height));
                let (headers, chunk) = (&mut self.headers, Chunk { parent, blocks: vec![block] });
                let verified = tokio::task::block_in_place(|| verify_chunk(headers, chunk, unix_now()))?;
                found.extend(attribute_chunk(&self.registry, verified).blocks);
            }
            let writer = self.writer.as_mut().ok_or(Setback::Store(StoreError::Moved))?;
            writer.commit_lost(&found, self.registry.version()).await.map_err(Setback::Store)?;
            mending.again.extend(found.iter().map(|block| block.block.id.hash));
        }
        Ok(())
    }

    /// The source has another chain: ours ends where the two part, and what is left above is kept as stale.
    async fn go_back(&mut self) -> Result<(), Setback> {
        let Some(below) = self.active else { return Ok(()) };
        let writer = self.writer.as_mut().ok_or(Setback::Store(StoreError::Moved))?;
        let chunk = Chunk { parent: Some(below), blocks: Vec::new() };
        writer.commit(&chunk, self.registry.version()).await.map_err(Setback::Store)?;
        Ok(())
    }
}
