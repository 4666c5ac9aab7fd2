//! The entry that would name a cluster: TOML for an operator's overlay, such as the registry takes as it stands.

use std::{collections::HashSet, fmt::Write};

use bitcoin::{Address, AddressType};
use hashwatch_model::{BlockId, Network};
use jiff::civil::Date;

use super::{Cluster, Found, marks::TagMark};
use crate::{Entries, Registry, fields::Problems, period::day_of, read, upstream::quoted};

/// Tags of an entry: each one more is one more that may be another's one day.
const TAGS: usize = 4;
/// Addresses of an entry.
const ADDRESSES: usize = 20;
/// Characters of an address that stand for it.
const ADDRESS_NAME: usize = 12;
/// Characters of the longest slug that leaves room for a number behind it.
const SLUG: usize = 32;

impl Cluster {
    /// A `[[pool]]` entry in TOML, to be pasted into an operator's overlay of `registry` as it stands; none where nothing sound
    /// marks the cluster: no text of its own, and no address.
    ///
    /// - The tag is the longest literal in most of the blocks, or else the one in most, of those in at least half.
    /// - Addresses are encoded for `network`: at most twenty, those paid by most blocks first. Of several blocks one that is
    ///   paid once is left out: where miners are paid directly it is any miner's.
    /// - At most three more tags, for blocks that would go unnamed.
    /// - Where all that names less than half of the blocks, there is none: what holds them together is not what would name them.
    ///
    /// It names no other of the blocks that the cluster was found among, and nothing in it has to do with a tag or an address
    /// of the registry. `source` gives the public page of a block, or [`SIMULATED`](crate::SIMULATED); each mark has that of the
    /// newest block which shows it, and that block's day. None, too, where the registry does not take such a source.
    pub fn entry(&self, registry: &Registry, network: Network, source: impl Fn(&BlockId) -> String) -> Option<String> {
        let free: Vec<&TagMark> = self.marks.iter().filter(|mark| is_free(registry, &mark.text)).collect();
        let mut tags: Vec<&TagMark> = Vec::new();
        tags.extend(free.iter().find(|mark| mark.found.places.len() * 2 >= self.blocks));
        let mut named = vec![false; self.blocks];
        tags.iter().for_each(|tag| tag.found.tick(&mut named));
        let addresses = self.addresses(registry, network);
        addresses.iter().for_each(|(_, found)| found.tick(&mut named));
        for mark in free {
            if tags.len() < TAGS && mark.found.places.iter().any(|&place| !named[place]) {
                mark.found.tick(&mut named);
                tags.push(mark);
            }
        }
        let count = named.iter().filter(|&&named| named).count();
        if count * 2 < self.blocks {
            return None;
        }
        let entry = self.written(registry, &tags, &addresses, count, source)?;
        // whatever a source may be
        is_taken(&entry).then_some(entry)
    }

    /// Addresses of the payout scripts that have one, with where they are found.
    fn addresses(&self, registry: &Registry, network: Network) -> Vec<(String, &Found)> {
        let paid = self.payouts.iter().zip(&self.paid).filter(|(payout, _)| {
            let once = self.blocks > 1 && payout.blocks == 1;
            !once && registry.script_claim(&payout.script).is_none()
        });
        let encoded = paid.filter_map(|(payout, found)| {
            let address = Address::from_script(&payout.script, network.encoding()).ok()?;
            // an anchor is for anybody to spend
            let kind = address.address_type().filter(|kind| *kind != AddressType::P2a);
            kind.map(|_| (address.to_string(), found))
        });
        encoded.take(ADDRESSES).collect()
    }

    /// As TOML; none without marks.
    fn written(
        &self,
        registry: &Registry,
        tags: &[&TagMark],
        addresses: &[(String, &Found)],
        named: usize,
        source: impl Fn(&BlockId) -> String,
    ) -> Option<String> {
        let address = addresses.first().map(|(address, _)| address.chars().take(ADDRESS_NAME).collect::<String>());
        let text = tags.first().map(|tag| tag.text.trim_matches(|c: char| !c.is_alphanumeric()).to_owned());
        let name = text.or_else(|| address.clone())?;
        let slug = free_slug(registry, &self.slug(&name, address.as_deref()));
        let sourced = |found: &Found| {
            format!("source = {}, date = \"{}\" }},\n", quoted(&source(&found.newest)), day_of(found.time))
        };
        let heights = format!("heights {} to {}", self.first_height, self.last_height);
        let mut out = format!("# names {named} of {} blocks, {heights}\n", self.blocks);
        let _ = write!(out, "[[pool]]\nslug = {}\nname = {}\n", quoted(&slug), quoted(&name));
        let mut list = |key: &str, marks: String| {
            let _ = if marks.is_empty() { Ok(()) } else { write!(out, "{key} = [\n{marks}]\n") };
        };
        let tag = |tag: &&TagMark| {
            let bound =
                |key: &str, day: Option<Date>| day.map_or_else(String::new, |day| format!("{key} = \"{day}\", "));
            let bounds = bound("from", tag.from) + &bound("until", tag.until);
            format!("  {{ text = {}, {bounds}{}", quoted(&tag.text), sourced(&tag.found))
        };
        list("tag", tags.iter().map(tag).collect());
        let address =
            |(address, found): &(String, &Found)| format!("  {{ address = {}, {}", quoted(address), sourced(found));
        list("address", addresses.iter().map(address).collect());
        Some(out)
    }

    /// Letters and digits of the name, else of the address, else the first height.
    fn slug(&self, name: &str, address: Option<&str>) -> String {
        let plain = |text: &str| {
            let letters = text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase());
            letters.take(SLUG).collect::<String>()
        };
        let slug = Some(plain(name)).filter(|slug| slug.len() > 2).or(address.map(plain));
        slug.unwrap_or_else(|| format!("from{}", self.first_height))
    }
}

impl Found {
    /// Ticks its places off.
    fn tick(&self, places: &mut [bool]) {
        self.places.iter().for_each(|&place| places[place] = true);
    }
}

/// Whether a tag has nothing to do with those of the registry: it holds none, and none holds it.
fn is_free(registry: &Registry, text: &str) -> bool {
    let folded = text.to_ascii_lowercase();
    let mut tags = registry.pools().iter().flat_map(|pool| &pool.tags);
    registry.tag_claims(text.as_bytes()).is_empty() && !tags.any(|tag| tag.text.to_ascii_lowercase().contains(&folded))
}

/// The slug, with a number behind it where somebody has it.
fn free_slug(registry: &Registry, slug: &str) -> String {
    let groups = registry.groups().iter().map(|group| &group.slug);
    let owners = registry.owners().iter().map(|owner| &owner.slug);
    let miners = registry.miners().iter().map(|miner| &miner.slug);
    let slugs = registry.pools().iter().map(|pool| &pool.slug).chain(groups).chain(owners).chain(miners);
    let taken: HashSet<&str> = slugs.map(String::as_str).chain(["unknown"]).collect();
    let numbered = (2..).map(|number: u32| format!("{slug}{number}"));
    std::iter::once(slug.to_owned()).chain(numbered).find(|slug| !taken.contains(slug.as_str())).unwrap_or_default()
}

/// Whether the registry's own reader finds nothing wrong with an entry.
fn is_taken(entry: &str) -> bool {
    let mut problems = Problems::default();
    read::read("entry", entry, &mut Entries::default(), &mut problems);
    problems.into_inner().is_empty()
}
