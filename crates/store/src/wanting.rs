//! Blocks that have no opinion under a version of the registry, and their facts, to form one from.
//!
//! A coinbase may have a megabyte, so facts are read in runs of as many blocks as have about so many bytes, and one after the other.

use clickhouse::{Row, query::RowCursor};
use hashwatch_model::{Block, Network, RegistryVersion};
use serde::Deserialize;

use crate::{
    error::StoreError,
    read::Snapshot,
    rows::{BlockRow, CoinbaseRow, SummaryRow},
    store::fetch_all,
};

/// Blocks without an opinion between two heights: as many as are read at a time.
#[derive(Clone)]
pub struct Run {
    snapshot: Snapshot,
    registry: RegistryVersion,
    since: u64,
    heights: HeightsRow,
}

#[derive(Clone, Copy, Row, Deserialize)]
struct HeightsRow {
    from: u32,
    to: u32,
    blocks: u64,
}

/// Facts of blocks as they were written, one after the other, in no order.
pub struct Facts(RowCursor<BlockRow>);

impl Snapshot {
    /// Blocks of every branch that have no opinion under a version of the registry, in runs of about so many bytes each. Of those
    /// alone that came after the commit `since`; with 0 of all.
    pub async fn without_opinion(
        &self,
        registry: &RegistryVersion,
        since: u64,
        bytes: u64,
    ) -> Result<Vec<Run>, StoreError> {
        let query = self.store.client.query_raw(include_str!("../../../sql/queries/runs_without_opinion.sql"));
        let query = query.param("commit", self.mark().commit).param("since", since);
        let query = query.param("registry", &registry.0).param("bytes", bytes);
        let runs: Vec<HeightsRow> = fetch_all(query, "looking for blocks without an opinion").await?;
        let run = |heights| Run { snapshot: self.clone(), registry: registry.clone(), since, heights };
        Ok(runs.into_iter().map(run).collect())
    }
}

impl Run {
    /// How many blocks.
    pub fn blocks(&self) -> u64 {
        self.heights.blocks
    }

    /// The rules that they keep.
    pub fn network(&self) -> Network {
        self.snapshot.store.origin().network
    }

    /// Their facts.
    pub fn facts(&self) -> Result<Facts, StoreError> {
        let store = &self.snapshot.store;
        let query = store.client.query_raw(include_str!("../../../sql/queries/facts_without_opinion.sql"));
        let query = query.param("commit", self.snapshot.mark().commit).param("since", self.since);
        let query = query.param("from", self.heights.from).param("to", self.heights.to);
        let rows = query.param("registry", &self.registry.0).fetch().map_err(StoreError::during("reading facts"))?;
        Ok(Facts(rows))
    }
}

impl Facts {
    /// The next block, once what was taken from its coinbase is found to agree with it; none at the end.
    pub async fn next(&mut self) -> Result<Option<Block>, StoreError> {
        let row = self.0.next().await.map_err(StoreError::during("reading facts"))?;
        row.map(into_block).transpose()
    }
}

fn into_block(row: BlockRow) -> Result<Block, StoreError> {
    let coinbase = CoinbaseRow { height: row.height, hash: row.hash, coinbase_tx: row.coinbase_tx };
    let summary = SummaryRow {
        height: row.height,
        hash: row.hash,
        version: row.version,
        prev_hash: row.prev_hash,
        merkle_root: row.merkle_root,
        time: row.time,
        bits: row.bits,
        nonce: row.nonce,
        median_time: row.median_time,
        chainwork: row.chainwork,
        tx_count: row.tx_count,
        size: row.size,
        weight: row.weight,
        subsidy: row.subsidy,
        reward: row.reward,
        coinbase_txid: row.coinbase_txid,
        coinbase_script: row.coinbase_script,
        coinbase_outputs: row.coinbase_outputs,
        coinbase_proof: row.coinbase_proof,
    };
    let summary = summary.into_summary()?;
    let coinbase = coinbase.into_coinbase(&summary)?;
    Ok(summary.with(coinbase))
}
