//! What every handler shares.

use std::sync::Arc;

use hashwatch_model::{BlockId, Origin, Status};
use hashwatch_registry::Registry;
use hashwatch_store::{ProofCounts, Snapshot, Store, StoreError};
use tokio::sync::watch;

use crate::{answers::Answers, chart::ChartRenderer, error::WebError, params::BlockRef, shares::Shares};

/// Answers of each kind kept: ten windows of a few blocks. The largest, a history, has some 100 kB.
const KEPT: usize = 64;

/// The store, the registry and what goes on right now.
#[derive(Clone)]
pub struct WebState {
    pub(crate) store: Store,
    pub(crate) registry: Arc<Registry>,
    pub(crate) status: watch::Receiver<Status>,
    pub(crate) charts: Arc<ChartRenderer>,
    pub(crate) shares: Arc<Answers<Arc<Shares>>>,
    pub(crate) chart_data: Arc<Answers<Arc<str>>>,
    /// By commit, and how many proofs there were.
    pub(crate) proofs: Arc<Answers<ProofCounts, (u64, u64)>>,
}

impl WebState {
    /// `status` is what the pipeline, or whoever runs the server, says of the present.
    pub fn new(
        store: Store,
        registry: Arc<Registry>,
        status: watch::Receiver<Status>,
        charts: ChartRenderer,
    ) -> WebState {
        let (shares, chart_data) = (Arc::new(Answers::new(KEPT)), Arc::new(Answers::new(KEPT)));
        let proofs = Arc::new(Answers::new(1));
        WebState { store, registry, status, charts: Arc::new(charts), shares, chart_data, proofs }
    }

    pub(crate) fn origin(&self) -> &Origin {
        self.store.origin()
    }

    /// The newest state of the store, or as it was with a given block as its tip.
    pub(crate) async fn snapshot(&self, as_of: Option<BlockRef>) -> Result<Snapshot, WebError> {
        Ok(self.snapshot_and_tip(as_of).await?.0)
    }

    /// The same, and the newest tip: how nodes stand to us now has nothing to do with the block that was asked for.
    pub(crate) async fn snapshot_and_tip(&self, as_of: Option<BlockRef>) -> Result<(Snapshot, BlockId), WebError> {
        let newest = self.store.snapshot().await?.ok_or(WebError::NoBlocks)?;
        let tip = newest.mark().tip;
        let height = match as_of {
            None => return Ok((newest, tip)),
            Some(BlockRef::Height(height)) => height,
            Some(BlockRef::Hash(hash)) => {
                let found = newest.block_by_hash(hash).await?;
                let found = found.ok_or_else(|| WebError::NotFound(format!("no block {hash} is stored")))?;
                if found.stale {
                    return Err(WebError::StaleAsOf(hash.to_string()));
                }
                found.block.id.height
            }
        };
        let missing = || WebError::NotFound(format!("no block at height {height} is stored"));
        Ok((newest.as_of(height).await?.ok_or_else(missing)?, tip))
    }

    /// What ties the coinbases of kept blocks to their headers: counted anew only where a commit or a proof has come, as
    /// it takes a while with a million proofs.
    pub(crate) async fn proof_counts(&self, snapshot: &Snapshot) -> Result<ProofCounts, StoreError> {
        let question = (snapshot.mark().commit, snapshot.proofs_written().await?);
        self.proofs.get(question, snapshot.proof_counts()).await
    }

    /// A pool's name as the registry writes it; its slug where the registry no longer has it.
    pub(crate) fn pool_name<'a>(&'a self, slug: &'a str) -> &'a str {
        self.registry.pool(slug).map_or(slug, |pool| &pool.name)
    }
}
