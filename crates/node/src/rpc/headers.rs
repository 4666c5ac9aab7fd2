//! Headers in bulk: by REST, which has no limits per call and no JSON around it, or by RPC in batches.

use bitcoin::consensus;
use hashwatch_model::BlockId;
use hashwatch_sha256d::HEADER_BYTES;

use super::{
    RpcNode, rest,
    route::{Kind, Way},
};
use crate::{HEADERS_AT_ONCE, NodeError};

impl RpcNode {
    /// See [`crate::Source::headers_from`].
    pub async fn headers_from(&self, first: BlockId) -> Result<Vec<u8>, NodeError> {
        // counted before the question: an outage from here on is a reason to ask again
        let outages = self.endpoint.outages();
        let ways = self.routes.ways(Kind::Headers, outages);
        for (left, way) in (0..ways.len()).rev().zip(&ways) {
            let answer = match way {
                Way::Rpc => self.rpc_headers(first).await,
                _ => self.rest_headers(first.hash).await,
            };
            match answer {
                Err(error) if left > 0 && rest::is_off(&error) => self.routes.is_off(*way, outages, &error),
                Err(error) => return Err(error),
                Ok(headers) => {
                    self.routes.took(self.name(), Kind::Headers, *way);
                    return Ok(headers);
                }
            }
        }
        self.rpc_headers(first).await
    }

    async fn rpc_headers(&self, first: BlockId) -> Result<Vec<u8>, NodeError> {
        let most = u32::try_from(HEADERS_AT_ONCE - 1).unwrap_or(u32::MAX);
        let hashes = self.hashes(first.height, first.height.saturating_add(most)).await?;
        if hashes.first() != Some(&first.hash) {
            return Ok(Vec::new());
        }
        let mut bytes = Vec::with_capacity(hashes.len() * HEADER_BYTES);
        for header in self.headers(&hashes).await? {
            bytes.extend_from_slice(&consensus::serialize(&header));
        }
        Ok(bytes)
    }
}
