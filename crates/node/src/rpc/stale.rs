//! The branches beside the active chain: where they end, their headers, and every block of them that the node has.

use bitcoin::consensus;
use hashwatch_model::{BlockHash, BlockId, Header};
use serde::Deserialize;

use super::RpcNode;
use crate::{BranchTip, NodeError, Standing};

/// Bytes of `getchaintips`: an old node knows thousands of branches, some 200 bytes each.
const CHAIN_TIPS_ANSWER: usize = 16 * 1024 * 1024;
/// Blocks off the active chain that are listed at most.
const MAX_STALE_BLOCKS: usize = 200_000;

#[derive(Deserialize)]
struct ChainTip {
    height: u32,
    hash: BlockHash,
    /// Blocks from the tip down to the active chain, 0 for the active tip.
    branchlen: u32,
    status: String,
}

impl RpcNode {
    /// See [`crate::Source::branch_tips`].
    pub async fn branch_tips(&self) -> Result<Vec<BranchTip>, NodeError> {
        let tips: Vec<ChainTip> = self.call("getchaintips", vec![], CHAIN_TIPS_ANSWER).await?;
        let beside = tips.into_iter().filter(|tip| tip.branchlen > 0);
        Ok(beside
            .map(|tip| BranchTip {
                id: BlockId { height: tip.height, hash: tip.hash },
                length: tip.branchlen,
                standing: Standing::of(&tip.status),
            })
            .collect())
    }

    /// See [`crate::Source::branch_headers`].
    pub async fn branch_headers(&self, tip: &BranchTip) -> Result<Vec<u8>, NodeError> {
        tip.check_length()?;
        let mut branch = [(tip.id, tip.length)];
        let mut headers = Vec::new();
        while branch[0].1 > 0 {
            headers.extend(self.step_down(&mut branch).await?);
        }
        Ok(headers.iter().rev().flat_map(consensus::serialize).collect())
    }

    /// See [`crate::Source::stale_blocks`]. Branches that the node found invalid, or has only headers of, are left out.
    pub async fn stale_blocks(&self) -> Result<Vec<BlockId>, NodeError> {
        let mut stale = Vec::new();
        // the lowest known block of each branch, and how many lie between it and the active chain
        let mut branches: Vec<(BlockId, u32)> = self
            .branch_tips()
            .await?
            .iter()
            .filter(|tip| matches!(tip.standing, Standing::ValidFork | Standing::ValidHeaders))
            .map(|tip| (tip.id, tip.length - 1))
            .collect();
        loop {
            stale.extend(branches.iter().map(|(id, _)| *id));
            branches.retain(|(id, below)| *below > 0 && id.height > 1);
            // two tips may share their lower blocks
            branches.sort_unstable();
            branches.dedup();
            if branches.is_empty() || stale.len() > MAX_STALE_BLOCKS {
                break;
            }
            self.step_down(&mut branches).await?;
        }
        stale.sort_unstable();
        stale.dedup();
        stale.truncate(MAX_STALE_BLOCKS);
        Ok(stale)
    }

    /// Takes each branch one block down, and its count with it. Returns the headers stepped over, which must be the right
    /// ones: the next question depends on them.
    async fn step_down(&self, branches: &mut [(BlockId, u32)]) -> Result<Vec<Header>, NodeError> {
        let hashes: Vec<BlockHash> = branches.iter().map(|(id, _)| id.hash).collect();
        let headers = self.headers(&hashes).await?;
        for ((id, left), header) in branches.iter_mut().zip(&headers) {
            if header.block_hash() != id.hash {
                return Err(NodeError::NotAskedFor { asked: id.hash, came: header.block_hash() });
            }
            *id = BlockId { height: id.height.saturating_sub(1), hash: header.prev_blockhash };
            *left = left.saturating_sub(1);
        }
        Ok(headers)
    }
}
