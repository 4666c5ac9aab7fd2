//! Opinions on all blocks formed anew, without the node: after the registry has changed, or where opinions were lost.

use hashwatch_attribute::attribute;
use hashwatch_model::{Attribution, BlockId, Network};
use hashwatch_registry::Registry;
use hashwatch_store::{Snapshot, Store, StoreError, Writer};
use hashwatch_verify::VerifiedBlock;

/// Heights read at a time: how many at first, and at most. A run of large coinbases is seen to be one only once it was read.
const HEIGHTS: (u32, u32) = (500, 2_000);
/// Bytes of coinbases that a run of heights is to have, about. Most have some hundred bytes; the largest a megabyte.
const BYTES: usize = 8 << 20;

/// Opinions on blocks of a run of heights.
struct Run {
    opinions: Vec<(BlockId, Attribution)>,
    /// Of their coinbases.
    bytes: usize,
}

/// Forms opinions on all kept blocks under a registry, and makes them the ones that readers see, all at once. Those that stand
/// already are passed over. Gives the count of those formed. `told` hears of each run how many blocks were looked at.
///
/// The registry itself is kept first, so that its names can be told for as long as its opinions.
pub(crate) async fn relabel(
    store: &Store,
    writer: &mut Writer,
    snapshot: &Snapshot,
    registry: &Registry,
    mut told: impl FnMut(u64),
) -> Result<u64, StoreError> {
    let version = registry.version();
    store.keep_registry(version, registry.files()).await?;
    let attempt = writer.begin_opinions();
    let network = store.origin().network;
    let (mut written, mut looked_at) = (0, 0);
    let highest = snapshot.max_height().await?;
    let (mut from, mut heights) = (0, HEIGHTS.0);
    let mut next = Some(read(network, registry, snapshot, from, heights).await?);
    while let Some(run) = next.take() {
        from = from.saturating_add(heights);
        // as many as the last run says that are not too many
        heights = match run.bytes {
            bytes if bytes > 2 * BYTES => (heights / 4).max(1),
            bytes if bytes < BYTES => (heights * 2).min(HEIGHTS.1),
            _ => heights,
        };
        let ahead = async {
            if from > highest { Ok(None) } else { read(network, registry, snapshot, from, heights).await.map(Some) }
        };
        let (count, ahead) = tokio::try_join!(writer.write_opinions(attempt, &run.opinions, version), ahead)?;
        written += count;
        looked_at += run.opinions.len() as u64;
        told(looked_at);
        next = ahead;
    }
    writer.adopt(attempt, written, version).await?;
    Ok(written)
}

async fn read(
    network: Network,
    registry: &Registry,
    snapshot: &Snapshot,
    from: u32,
    heights: u32,
) -> Result<Run, StoreError> {
    let blocks = snapshot.facts_between(from, from.saturating_add(heights - 1)).await?;
    tokio::task::block_in_place(|| {
        let mut run = Run { opinions: Vec::with_capacity(blocks.len()), bytes: 0 };
        for block in blocks {
            let height = block.id.height;
            run.bytes += block.coinbase.raw().len();
            let block = VerifiedBlock::restored(network, block)
                .map_err(|refusal| StoreError::Damaged { height, reason: refusal.to_string() })?;
            run.opinions.push((block.facts().id, attribute(registry, &block)));
        }
        Ok(run)
    })
}
