//! What entries do to each other: the same claim twice, tags inside tags, priorities that contradict each other, pools that
//! are not there, two owners at a time.

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::{
    Entries,
    fields::Problems,
    period::Period,
    pool::{Pool, Tag},
    problem::Reason,
    read::{address_entry, shortened, tag_entry},
};

/// All problems between entries, of whatever files.
pub(crate) fn check(entries: &Entries, problems: &mut Problems) {
    let Entries { pools, groups, owners, miners, markers, .. } = entries;
    duplicates(pools, problems);
    priorities(pools, problems);
    hidden(pools, problems);
    let named = groups.iter().map(|group| (&group.slug, &group.file, "group"));
    let named = named.chain(owners.iter().map(|owner| (&owner.slug, &owner.file, "owner")));
    other_slugs(pools, named.collect(), problems);
    // a company may be both a miner and an owner of pools: the slug is the same then
    other_slugs(pools, miners.iter().map(|miner| (&miner.slug, &miner.file, "miner")).collect(), problems);
    let mut prefixes = HashMap::new();
    for marker in markers {
        problems.file(&marker.file);
        if let Some(first) = prefixes.insert(&marker.prefix, &marker.name) {
            let reason = Reason::Duplicate { what: "the prefix", first: first.clone() };
            problems.add(&format!("marker {}", marker.name), reason);
        }
    }
    let known = |pool: &str| pools.iter().any(|known| known.slug == pool);
    let in_groups = groups.iter().flat_map(|group| {
        group.members.iter().map(move |member| {
            (format!("group {}", group.slug), group.file.as_str(), member.pool.as_str(), member.period)
        })
    });
    one_at_a_time("it is in a group", in_groups.collect(), &known, problems);
    let owned = owners.iter().flat_map(|owner| {
        owner.pools.iter().map(move |member| {
            (format!("owner {}", owner.slug), owner.file.as_str(), member.pool.as_str(), member.period)
        })
    });
    one_at_a_time("it has an owner", owned.collect(), &known, problems);
    let own = miners.iter().flat_map(|miner| {
        let own = miner.pools.iter().filter(|with| with.own);
        own.map(move |with| (format!("miner {}", miner.slug), miner.file.as_str(), with.pool.as_str(), with.period))
    });
    one_at_a_time("it is a miner's own", own.collect(), &|_| true, problems);
    for miner in miners {
        problems.file(&miner.file);
        for with in miner.pools.iter().filter(|with| !known(&with.pool)) {
            problems.add(&format!("miner {}", miner.slug), Reason::UnknownPool(shortened(&with.pool)));
        }
        for pair in miner.disclosures.windows(2) {
            if let [one, next] = pair
                && (one.period, one.kind) == (next.period, next.kind)
            {
                let (what, first) = ("this period and kind of hashrate", one.period.to_string());
                problems.add(&format!("miner {}", miner.slug), Reason::Duplicate { what, first });
            }
        }
    }
}

/// Slugs of what is no pool: each once, and none that a pool has.
fn other_slugs(pools: &[Pool], named: Vec<(&String, &String, &'static str)>, problems: &mut Problems) {
    let mut seen: HashMap<&str, &str> = pools.iter().map(|pool| (pool.slug.as_str(), "a pool")).collect();
    for (slug, file, what) in named.into_iter().filter(|(slug, ..)| !slug.is_empty()) {
        problems.file(file);
        if let Some(first) = seen.insert(slug, what) {
            let reason = Reason::Duplicate { what: "the slug", first: first.to_owned() };
            problems.add(&format!("{what} {slug}"), reason);
        }
    }
}

/// A pool is there, and in one entry at a time.
fn one_at_a_time(
    what: &'static str,
    members: Vec<(String, &str, &str, Period)>,
    known: &dyn Fn(&str) -> bool,
    problems: &mut Problems,
) {
    let mut seen: HashMap<&str, Vec<(String, Period)>> = HashMap::new();
    for (entry, file, pool, held) in members {
        problems.file(file);
        if !known(pool) {
            problems.add(&entry, Reason::UnknownPool(shortened(pool)));
        }
        let before = seen.entry(pool).or_default();
        if let Some((first, _)) = before.iter().find(|(_, period)| period.overlaps(&held)) {
            let (pool, first) = (shortened(pool), first.clone());
            problems.add(&entry, Reason::Overlap { what, pool, first });
        }
        before.push((entry, held));
    }
}

fn entry(pool: &Pool) -> String {
    format!("pool {}", pool.slug)
}

fn duplicates(pools: &[Pool], problems: &mut Problems) {
    let (mut slugs, mut ids, mut tags, mut scripts) = (HashMap::new(), HashMap::new(), HashMap::new(), HashMap::new());
    // a pool without a slug has its problem already
    for pool in pools.iter().filter(|pool| !pool.slug.is_empty()) {
        let mut claim = |what, first: Option<&str>, file: &str, entry: String| {
            problems.file(file);
            if let Some(first) = first {
                problems.add(&entry, Reason::Duplicate { what, first: first.to_owned() });
            }
        };
        let slug = pool.slug.as_str();
        claim("the slug", slugs.insert(slug, slug), &pool.file, entry(pool));
        if let Some(id) = pool.mempool_id {
            claim("the mempool_id", ids.insert(id, slug), &pool.file, entry(pool));
        }
        for tag in &pool.tags {
            let first = tags.insert(tag.text.to_ascii_lowercase(), slug);
            claim("this tag (case ignored)", first, &tag.file, tag_entry(&entry(pool), &tag.text));
        }
        for payout in &pool.addresses {
            let first = scripts.insert(&payout.script, slug);
            claim("this address", first, &payout.file, address_entry(&entry(pool), &payout.address));
        }
    }
}

/// Each pool named by `over` must be another pool of this registry, and no pool may win over itself by way of others.
fn priorities(pools: &[Pool], problems: &mut Problems) {
    let mut over: HashMap<&str, Vec<&str>> = pools.iter().map(|pool| (pool.slug.as_str(), Vec::new())).collect();
    for pool in pools {
        for tag in &pool.tags {
            problems.file(&tag.file);
            for other in &tag.over {
                if other == &pool.slug || !over.contains_key(other.as_str()) {
                    let reason = Reason::UnknownPool(shortened(other));
                    problems.add(&tag_entry(&entry(pool), &tag.text), reason);
                } else if let Some(below) = over.get_mut(pool.slug.as_str()) {
                    below.push(other);
                }
            }
        }
    }
    let mut slugs: Vec<&str> = over.keys().copied().collect();
    slugs.sort_unstable();
    for slug in slugs {
        if let Some(circle) = circle(slug, &over) {
            // told once, at the pool of the circle that comes first in the alphabet
            if circle.iter().min() == Some(&slug) {
                let names = circle.iter().chain([&slug]).map(|&name| name.to_owned()).collect();
                problems.add(&format!("pool {slug}"), Reason::Circle(names));
            }
        }
    }
}

/// The shortest way from a pool back to itself, if there is one.
fn circle<'a>(start: &'a str, over: &HashMap<&'a str, Vec<&'a str>>) -> Option<Vec<&'a str>> {
    let mut paths = vec![vec![start]];
    let mut seen: Vec<&str> = Vec::new();
    let mut next = 0;
    while let Some(path) = paths.get(next).cloned() {
        next += 1;
        for &below in path.last().and_then(|slug| over.get(slug)).into_iter().flatten() {
            if below == start {
                return Some(path);
            }
            if !seen.contains(&below) {
                seen.push(below);
                paths.push([path.as_slice(), &[below]].concat());
            }
        }
    }
    None
}

/// A tag that holds another pool's inside itself must say that it wins.
fn hidden(pools: &[Pool], problems: &mut Problems) {
    let all: Vec<(&Pool, &Tag)> = pools.iter().flat_map(|pool| pool.tags.iter().map(move |tag| (pool, tag))).collect();
    // any number of tags may begin alike here. Standard is the only kind that reports matches within matches
    let mut builder = AhoCorasick::builder();
    builder.ascii_case_insensitive(true).match_kind(MatchKind::Standard);
    let matcher = match builder.build(all.iter().map(|(_, tag)| tag.text.as_str())) {
        Ok(matcher) => matcher,
        Err(error) => return problems.add("tags", Reason::Compile(error.to_string())),
    };
    for (pool, tag) in &all {
        problems.file(&tag.file);
        for found in matcher.find_overlapping_iter(&tag.text) {
            let (inner_pool, inner) = all[found.pattern().as_usize()];
            // the same text twice is a duplicate, and told as such
            let within = found.len() < tag.text.len() && inner_pool.slug != pool.slug;
            if within && !tag.over.contains(&inner_pool.slug) {
                let reason = Reason::Hidden { inner: inner.text.clone(), pool: inner_pool.slug.clone() };
                problems.add(&tag_entry(&entry(pool), &tag.text), reason);
            }
        }
    }
}
