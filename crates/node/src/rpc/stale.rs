//! The branches that lost: every block off the active chain that the node has.

use hashwatch_model::{BlockHash, BlockId};
use serde::Deserialize;

use super::RpcNode;
use crate::NodeError;

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
    /// See [`crate::Source::stale_blocks`]. Branches that the node found invalid, or has only headers of, are left out.
    pub async fn stale_blocks(&self) -> Result<Vec<BlockId>, NodeError> {
        let tips: Vec<ChainTip> = self.call("getchaintips", vec![], CHAIN_TIPS_ANSWER).await?;
        let mut stale = Vec::new();
        // the lowest known block of each branch, and how many lie between it and the active chain
        let mut branches: Vec<(BlockId, u32)> = tips
            .iter()
            .filter(|tip| matches!(tip.status.as_str(), "valid-fork" | "valid-headers") && tip.branchlen > 0)
            .map(|tip| (BlockId { height: tip.height, hash: tip.hash }, tip.branchlen - 1))
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
            let hashes: Vec<BlockHash> = branches.iter().map(|(id, _)| id.hash).collect();
            let headers = self.headers(&hashes).await?;
            for ((id, below), header) in branches.iter_mut().zip(headers) {
                if header.block_hash() != id.hash {
                    return Err(NodeError::NotAskedFor { asked: id.hash, came: header.block_hash() });
                }
                *id = BlockId { height: id.height - 1, hash: header.prev_blockhash };
                *below -= 1;
            }
        }
        stale.sort_unstable();
        stale.dedup();
        stale.truncate(MAX_STALE_BLOCKS);
        Ok(stale)
    }
}
