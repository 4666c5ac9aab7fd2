//! Blocks of a node, whole or their fronts, by whichever way there is.
//!
//! What Bitcoin Core answers to `/rest/blockpart/<hash>.bin?offset=0&size=N` (v31; pull requests 33657 and 34074): the
//! part; 400 where it would go beyond the block's end; 404 with a text for a block that it lacks, as to `/rest/block`.
//! What it does not know as a path it answers with 404 and an empty body.

use std::{
    pin::pin,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
};

use bitcoin::{
    TxMerkleNode,
    hashes::Hash,
    hex::{FromHex, HexToBytesError},
    merkle_tree,
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use hashwatch_model::{BlockId, Body, MalformedBlock, RawBlock, Word, block::MAX_BLOCK_BYTES};
use serde_json::json;

use super::{
    BLOCK_ANSWER, RpcNode, code, rest,
    route::{Kind, Way},
};
use crate::{BlockFiles, NodeError, Traffic, Want};

/// Bytes of a block that are asked for at first: most coinbases end well before.
const PART_AT_FIRST: u32 = 600;
/// Blocks smaller than this many parts are asked for whole: two requests cost more than the bytes.
const FEW_PARTS: u32 = 4;
/// From so many bytes on a block is decoded on a thread of its own: thousands of transactions are hashed.
const LARGE: usize = 64 * 1024;

/// How much of a block is asked for, which follows what the last blocks needed.
pub(super) struct Part {
    /// Bytes.
    size: AtomicU32,
    /// The last block was smaller than that: the next ones are asked for whole.
    small: AtomicBool,
}

impl Part {
    pub(super) fn new() -> Part {
        Part { size: AtomicU32::new(PART_AT_FIRST), small: false.into() }
    }

    /// A front took so many bytes: the next may take as many, and need not take far more.
    fn took(&self, bytes: usize) {
        let now = self.size.load(Ordering::Relaxed);
        let needed = u32::try_from(bytes + bytes / 4).unwrap_or(u32::MAX);
        // down slowly: a part that is too small costs another request, one that is too large some bytes
        let next = if needed > now { needed } else { now - (now - needed) / 64 };
        self.size.store(next.max(PART_AT_FIRST), Ordering::Relaxed);
    }
}

impl RpcNode {
    /// See [`crate::Source::blocks`].
    pub async fn blocks(&self, ids: &[BlockId], want: Want) -> Result<Vec<RawBlock>, NodeError> {
        let kind = match want {
            Want::Whole => Kind::Wholes,
            Want::Front => Kind::Fronts,
        };
        let outages = self.endpoint.outages();
        let ways = self.routes.ways(kind, outages);
        let mut found: Vec<Option<RawBlock>> = vec![None; ids.len()];
        for (left, way) in (0..ways.len()).rev().zip(&ways) {
            let wanted: Vec<usize> = (0..ids.len()).filter(|at| found[*at].is_none()).collect();
            let asked: Vec<BlockId> = wanted.iter().map(|at| ids[*at]).collect();
            let answer = match way {
                Way::Files => self.blocks_of_files(&asked, left > 0).await,
                way => self.blocks_by(*way, &asked).await,
            };
            match answer {
                Err(error) if left > 0 && rest::is_off(&error) => {
                    self.routes.is_off(*way, outages, &error);
                    continue;
                }
                blocks => wanted.iter().zip(blocks?).for_each(|(at, block)| found[*at] = block),
            }
            let gave = wanted.iter().filter(|at| found[**at].is_some()).count();
            if *way == Way::Files {
                self.files_give_all.store(gave == wanted.len(), Ordering::Relaxed);
            }
            if gave > 0 {
                self.routes.took(self.name(), kind, *way);
            }
            if found.iter().all(Option::is_some) {
                break;
            }
        }
        let lacks = |id: &BlockId| NodeError::BlockMissing { hash: id.hash, said: "no way has it".to_owned() };
        ids.iter().zip(found).map(|(id, block)| block.ok_or_else(|| lacks(id))).collect()
    }

    /// See [`crate::Source::traffic`].
    pub fn traffic(&self) -> Traffic {
        self.meter.traffic() + self.files.as_ref().map_or_else(Traffic::default, BlockFiles::traffic)
    }

    /// See [`crate::Source::looking`].
    pub fn looking(&self) -> Option<(u64, u64)> {
        self.files.as_ref().and_then(BlockFiles::looking)
    }

    /// Whether fronts come out of the node's block files, as far as is known now. Where those lack some, whole blocks may come
    /// in their place.
    pub(crate) fn reads_files(&self) -> bool {
        let all = self.files_give_all.load(Ordering::Relaxed);
        all && self.routes.ways(Kind::Fronts, self.endpoint.outages()).first() == Some(&Way::Files)
    }

    /// Fronts out of the node's block files. What they lack, or hold damaged, is left for another way, if there is one.
    async fn blocks_of_files(&self, ids: &[BlockId], another: bool) -> Result<Vec<Option<RawBlock>>, NodeError> {
        let Some(files) = &self.files else {
            return Err(NodeError::NoBlockFiles { path: std::path::PathBuf::new() });
        };
        let first = match files.blocks(ids, Want::Front).await {
            Ok(blocks) if blocks.iter().all(is_sound) => return Ok(blocks.into_iter().map(Some).collect()),
            Ok(blocks) if !another => return Ok(blocks.into_iter().map(Some).collect()),
            Ok(_) => NodeError::Malformed {
                asked: "the block files".to_owned(),
                reason: "a header does not commit to the transactions behind it".to_owned(),
                came: String::new(),
            },
            Err(error) if !another => return Err(error),
            Err(error) => error,
        };
        tracing::warn!(node = self.name(), "{first}: asking the node for what its block files do not give");
        let mut blocks = Vec::with_capacity(ids.len());
        for id in ids {
            let one = files.blocks(std::slice::from_ref(id), Want::Front).await;
            blocks.push(one.ok().and_then(|mut one| one.pop()).filter(is_sound));
        }
        Ok(blocks)
    }

    async fn blocks_by(&self, way: Way, ids: &[BlockId]) -> Result<Vec<Option<RawBlock>>, NodeError> {
        let width = self.flight.width();
        let failed = AtomicBool::new(false);
        // none is asked for after a failure; those that are lower are on their way by then
        let wanted = stream::iter(ids.iter().copied().enumerate())
            .take_while(|_| std::future::ready(!failed.load(Ordering::Relaxed)))
            .map(|(at, id)| async move { (at, self.block_by(way, id).await) });
        let mut answers = pin!(wanted.buffer_unordered(width));
        let mut blocks = vec![None; ids.len()];
        let mut lowest: Option<(usize, NodeError)> = None;
        while let Some((at, answer)) = answers.next().await {
            match answer {
                Ok(block) => blocks[at] = Some(block),
                Err(error) => {
                    failed.store(true, Ordering::Relaxed);
                    if lowest.as_ref().is_none_or(|(lowest, _)| at < *lowest) {
                        lowest = Some((at, error));
                    }
                }
            }
        }
        if let Some((_, error)) = lowest {
            return Err(error);
        }
        if ids.len() > width {
            self.flight.went_well();
        }
        Ok(blocks)
    }

    /// Asks for one block, again where the node has too much to do.
    async fn block_by(&self, way: Way, id: BlockId) -> Result<RawBlock, NodeError> {
        let mut tried = 0;
        loop {
            let answer = match way {
                Way::Blockpart => self.front(id).await,
                Way::Rpc => self.rpc_block(id).await,
                Way::Files | Way::Rest => self.rest_block(id).await,
            };
            let Some(pause) = self.flight.pause(&answer, tried) else { return answer };
            tokio::time::sleep(pause).await;
            tried += 1;
        }
    }

    async fn rpc_block(&self, id: BlockId) -> Result<RawBlock, NodeError> {
        let args = [json!(id.hash), json!(0)];
        let terms = self.terms("getblock", &args, BLOCK_ANSWER);
        let raw = self.call_raw(&terms, "getblock", &args).await.map_err(|error| lacking(id, error))?;
        let malformed = |reason: String| NodeError::Malformed {
            asked: terms.asked.clone(),
            reason,
            came: self.endpoint.shown(raw.get().as_bytes()),
        };
        let hex = raw.get().strip_prefix('"').and_then(|hex| hex.strip_suffix('"'));
        let hex = hex.ok_or_else(|| malformed("it is no text".to_owned()))?;
        let bytes = Vec::<u8>::from_hex(hex).map_err(|error: HexToBytesError| malformed(error.to_string()))?;
        self.meter.add(bytes.len(), None);
        decoded(id, bytes.into()).await
    }

    async fn rest_block(&self, id: BlockId) -> Result<RawBlock, NodeError> {
        let path = format!("/rest/block/{}.bin", id.hash);
        let bytes = self.rest(&path, MAX_BLOCK_BYTES).await.map_err(|error| lacking(id, error))?;
        self.meter.add(bytes.len(), None);
        decoded(id, bytes).await
    }

    /// Header, count and coinbase by a part of the block, or the whole block where it is as small.
    async fn front(&self, id: BlockId) -> Result<RawBlock, NodeError> {
        let mut size = self.part.size.load(Ordering::Relaxed);
        if self.part.small.load(Ordering::Relaxed) {
            let block = self.rest_block(id).await?;
            let still = block.size.is_some_and(|whole| whole < FEW_PARTS * size);
            self.part.small.store(still, Ordering::Relaxed);
            return Ok(block);
        }
        loop {
            let path = format!("/rest/blockpart/{}.bin?offset=0&size={size}", id.hash);
            let bytes = match self.rest(&path, size as usize).await {
                // it ends before that
                Err(NodeError::Http { status: 400, .. }) => {
                    self.part.small.store(true, Ordering::Relaxed);
                    return self.rest_block(id).await;
                }
                bytes => bytes.map_err(|error| lacking(id, error))?,
            };
            self.meter.add(bytes.len(), None);
            match RawBlock::from_front(id, &bytes, None, Word::Node) {
                Ok(block) => {
                    self.part.took(super::HEADER_AND_COUNT + block.coinbase.len());
                    return Ok(block);
                }
                // as much as was asked for, and not enough
                Err(MalformedBlock::Cut(_)) if bytes.len() == size as usize && bytes.len() < MAX_BLOCK_BYTES => {
                    size = size.saturating_mul(4).min(u32::try_from(MAX_BLOCK_BYTES).unwrap_or(u32::MAX));
                }
                // it may be the part that is bad, and not the block
                Err(error) => {
                    tracing::warn!(%id, %error, "a part is no front of a block: asking for all of it");
                    return self.rest_block(id).await;
                }
            }
        }
    }
}

/// Whether a block of the files is one, as far as it was read: damage there is no fault of the chain.
fn is_sound(block: &RawBlock) -> bool {
    let Body::Whole(all) = &block.body else { return true };
    let root = merkle_tree::calculate_root(all.txids.iter().map(|txid| TxMerkleNode::from_byte_array(*txid)));
    root == Some(block.header.merkle_root)
}

async fn decoded(id: BlockId, bytes: Bytes) -> Result<RawBlock, NodeError> {
    let is_large = bytes.len() >= LARGE;
    let decode = move || RawBlock::from_bytes(id, &bytes).map_err(|source| NodeError::Block { id, source });
    if !is_large {
        return decode();
    }
    let cancelled = |_| NodeError::Cancelled { asked: format!("decoding block {id}") };
    tokio::task::spawn_blocking(decode).await.map_err(cancelled)?
}

/// What Bitcoin Core says of a block that it lacks: by RPC -5 where it does not know it and -1 where it has pruned it away,
/// by REST 404 with a text.
fn lacking(id: BlockId, error: NodeError) -> NodeError {
    match error {
        NodeError::Refused { code: code::INVALID_ADDRESS_OR_KEY | code::MISC_ERROR, said, .. } => {
            NodeError::BlockMissing { hash: id.hash, said }
        }
        NodeError::Http { status: 404, said, .. } if !said.is_empty() => {
            NodeError::BlockMissing { hash: id.hash, said }
        }
        error => error,
    }
}
