//! The registry's version: a hash over its data that is blind to the order in which they were written.

use hashwatch_model::RegistryVersion;
use sha2::{Digest, Sha256};

use crate::{
    behind::{Group, Jurisdiction, Member, Miner, Owner},
    marker::Marker,
    period::Period,
    pool::{FormerName, Pool, Source},
};

/// Number of the rules by which attribute decides. Whoever changes those, or what counts as a mark, raises it: opinions by other
/// rules are of another version, and are formed anew.
pub(crate) const RULES: u32 = 1;

/// The version of these entries under the rules of today. Every text is hashed after its length, every list after its number of items, so that no two
/// registries are hashed as the same bytes. The file that an entry stands in is not part of it.
pub(crate) fn of(
    pools: &[Pool],
    groups: &[Group],
    owners: &[Owner],
    miners: &[Miner],
    markers: &[Marker],
) -> RegistryVersion {
    let all = [
        list(pools.iter().map(pool).collect()),
        list(groups.iter().map(group).collect()),
        list(owners.iter().map(owner).collect()),
        list(miners.iter().map(miner).collect()),
        list(markers.iter().map(marker).collect()),
    ];
    RegistryVersion(digest(&[text(&RULES.to_string()), all.concat()].concat()))
}

/// The first eight bytes of the SHA-256, in hex.
pub(crate) fn digest(hashed: &[u8]) -> String {
    hex::encode(&Sha256::digest(hashed)[..8])
}

fn marker(marker: &Marker) -> Vec<u8> {
    [text(&hex::encode(&marker.prefix)), text(&marker.name), source(&marker.source)].concat()
}

fn group(group: &Group) -> Vec<u8> {
    let single = [&group.slug, &group.name, group.kind.name()].map(text).concat();
    [single, list(group.members.iter().map(member).collect())].concat()
}

fn owner(owner: &Owner) -> Vec<u8> {
    let single = [&owner.slug, &owner.name].map(|it| text(it)).concat();
    let jurisdictions = list(owner.jurisdictions.iter().map(jurisdiction).collect());
    [single, jurisdictions, list(owner.pools.iter().map(member).collect())].concat()
}

fn miner(miner: &Miner) -> Vec<u8> {
    let single = [&miner.slug, &miner.name].map(|it| text(it)).concat();
    let listings = miner.listings.iter().map(|listing| {
        [text(&listing.ticker), text(&listing.exchange), period(&listing.period), source(&listing.source)].concat()
    });
    let pools = miner.pools.iter().map(|with| {
        let own = if with.own { "own" } else { "" };
        [text(&with.pool), text(own), period(&with.period), source(&with.source)].concat()
    });
    let disclosures = miner.disclosures.iter().map(|said| {
        let (when, rate) = (said.period.to_string(), said.hashes_per_second.to_bits().to_string());
        [text(&when), text(said.kind.name()), text(&rate), source(&said.source)].concat()
    });
    [
        single,
        list(miner.former.iter().map(former).collect()),
        list(listings.collect()),
        list(miner.jurisdictions.iter().map(jurisdiction).collect()),
        list(pools.collect()),
        list(disclosures.collect()),
    ]
    .concat()
}

fn member(member: &Member) -> Vec<u8> {
    let relation = member.relation.as_deref().unwrap_or_default();
    let also = list(member.also.iter().map(source).collect());
    [text(&member.pool), period(&member.period), text(relation), source(&member.source), also].concat()
}

fn jurisdiction(held: &Jurisdiction) -> Vec<u8> {
    [text(&held.country), period(&held.period), source(&held.source)].concat()
}

fn former(former: &FormerName) -> Vec<u8> {
    [text(&former.name), text(&former.until.to_string()), source(&former.source)].concat()
}

fn period(period: &Period) -> Vec<u8> {
    [period.from, period.until].map(|end| text(&end.map(|end| end.to_string()).unwrap_or_default())).concat()
}

fn pool(pool: &Pool) -> Vec<u8> {
    let tags = pool.tags.iter().map(|tag| {
        let over = tag.over.iter().map(|slug| text(slug)).collect();
        [text(&tag.text), list(over), period(&tag.period), source(&tag.source)].concat()
    });
    let addresses = pool
        .addresses
        .iter()
        .map(|payout| [text(&payout.address), period(&payout.period), source(&payout.source)].concat());
    let since = pool
        .since
        .as_ref()
        .map_or_else(Vec::new, |since| [text(&since.day.to_string()), source(&since.source)].concat());
    let id = pool.mempool_id.map(|id| id.to_string()).unwrap_or_default();
    let (light, dark) = pool.color.as_ref().map_or(("", ""), |color| (&color.light, &color.dark));
    let link = pool.link.as_deref().unwrap_or_default();
    let single = [&pool.slug, &pool.name, &id, link, light, dark].map(text).concat();
    let former = list(pool.former.iter().map(former).collect());
    [single, former, list(vec![since]), list(tags.collect()), list(addresses.collect())].concat()
}

pub(crate) fn source(source: &Source) -> Vec<u8> {
    let date = source.date.map(|date| date.to_string()).unwrap_or_default();
    [text(&source.url), text(&date)].concat()
}

pub(crate) fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
}

/// Items in an order of their own, not in the file's.
pub(crate) fn list(mut items: Vec<Vec<u8>>) -> Vec<u8> {
    items.sort_unstable();
    [(items.len() as u64).to_le_bytes().to_vec(), items.concat()].concat()
}
