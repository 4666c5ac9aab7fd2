//! The registry's version: a hash over its data that is blind to the order in which they were written.

use hashwatch_model::RegistryVersion;
use sha2::{Digest, Sha256};

use crate::pool::{Pool, Source};

/// The version of these pools, which are sorted by slug. Every text is hashed after its length, every list after its
/// number of items, so that no two registries are hashed as the same bytes.
pub(crate) fn of(pools: &[Pool]) -> RegistryVersion {
    let entries = pools.iter().map(pool).collect();
    let digest = Sha256::digest(list(entries));
    RegistryVersion(hex::encode(&digest[..8]))
}

fn pool(pool: &Pool) -> Vec<u8> {
    let tags = pool.tags.iter().map(|tag| {
        let over = tag.over.iter().map(|slug| text(slug)).collect();
        [text(&tag.text), list(over), source(&tag.source)].concat()
    });
    let addresses = pool.addresses.iter().map(|payout| [text(&payout.address), source(&payout.source)].concat());
    let id = pool.mempool_id.map(|id| id.to_string()).unwrap_or_default();
    let (light, dark) = pool.color.as_ref().map_or(("", ""), |color| (&color.light, &color.dark));
    let link = pool.link.as_deref().unwrap_or_default();
    let single = [&pool.slug, &pool.name, &id, link, light, dark].map(text).concat();
    [single, list(tags.collect()), list(addresses.collect())].concat()
}

fn source(source: &Source) -> Vec<u8> {
    let date = source.date.map(|date| date.to_string()).unwrap_or_default();
    [text(&source.url), text(&date)].concat()
}

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
}

/// Items in an order of their own, not in the file's.
fn list(mut items: Vec<Vec<u8>>) -> Vec<u8> {
    items.sort_unstable();
    [(items.len() as u64).to_le_bytes().to_vec(), items.concat()].concat()
}
