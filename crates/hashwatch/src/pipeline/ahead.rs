//! Blocks read ahead of the one who verifies and stores them: while those are written, the next are on their way.

use std::sync::Arc;

use hashwatch_model::{BlockId, RawBlock};
use hashwatch_node::{NodeError, Source, Want};
use tokio::{sync::mpsc, task::JoinSet};

/// Slices that wait to be taken.
const WAITING: usize = 2;

/// A run of blocks on its way. What is under way ends when it is dropped.
pub(super) struct Ahead {
    slices: mpsc::Receiver<Result<Vec<RawBlock>, NodeError>>,
    _reader: JoinSet<()>,
}

impl Ahead {
    /// Asks for these blocks, lowest first; those from height `whole_from` on whole.
    pub(super) fn begin(source: Arc<Source>, ids: Vec<BlockId>, whole_from: u32) -> Ahead {
        let (sender, slices) = mpsc::channel(WAITING);
        let mut reader = JoinSet::new();
        reader.spawn(async move {
            let fronts = ids.partition_point(|id| id.height < whole_from);
            let (fronts, wholes) = ids.split_at(fronts);
            let slices = |ids, want| <[BlockId]>::chunks(ids, source.at_once(want)).map(move |slice| (slice, want));
            for (slice, want) in slices(fronts, Want::Front).chain(slices(wholes, Want::Whole)) {
                for answer in read(&source, slice, want).await {
                    let failed = answer.is_err();
                    // nobody waits for more after a failure, or once the receiver is gone
                    if sender.send(answer).await.is_err() || failed {
                        return;
                    }
                }
            }
        });
        Ahead { slices, _reader: reader }
    }

    /// The next blocks, or what keeps them from coming; none at the end of the run.
    pub(super) async fn next(&mut self) -> Option<Result<Vec<RawBlock>, NodeError>> {
        self.slices.recv().await
    }
}

/// A slice. Where one block of it cannot be had, those below it come first.
async fn read(source: &Source, slice: &[BlockId], want: Want) -> Vec<Result<Vec<RawBlock>, NodeError>> {
    let error = match source.blocks(slice, want).await {
        Ok(blocks) => return vec![Ok(blocks)],
        Err(error) => error,
    };
    let below = match &error {
        NodeError::BlockMissing { hash, .. } => slice.iter().position(|id| id.hash == *hash).unwrap_or(0),
        NodeError::Block { id, .. } => slice.iter().position(|other| other == id).unwrap_or(0),
        _ => 0,
    };
    if below == 0 {
        return vec![Err(error)];
    }
    match source.blocks(&slice[..below], want).await {
        Ok(blocks) => vec![Ok(blocks), Err(error)],
        Err(_) => vec![Err(error)],
    }
}
