//! What entries do to each other: the same claim twice, tags inside tags, priorities that contradict each other.

use std::collections::HashMap;

use aho_corasick::AhoCorasick;

use crate::{
    fields::Problems,
    matching::Tags,
    pool::{Pool, Tag},
    problem::{Problem, Reason},
    read::{address_entry, tag_entry},
};

/// All problems between the entries of a file.
pub(crate) fn check(file: &str, pools: &[Pool]) -> Vec<Problem> {
    let mut problems = Problems::new(file);
    duplicates(pools, &mut problems);
    priorities(pools, &mut problems);
    hidden(pools, &mut problems);
    problems.into_inner()
}

fn entry(pool: &Pool) -> String {
    format!("pool {}", pool.slug)
}

fn duplicates(pools: &[Pool], problems: &mut Problems<'_>) {
    let (mut slugs, mut ids, mut tags, mut scripts) = (HashMap::new(), HashMap::new(), HashMap::new(), HashMap::new());
    // a pool without a slug has its problem already
    for pool in pools.iter().filter(|pool| !pool.slug.is_empty()) {
        let mut claim = |what, first: Option<&str>, entry: String| {
            if let Some(first) = first {
                problems.add(&entry, Reason::Duplicate { what, first: first.to_owned() });
            }
        };
        let slug = pool.slug.as_str();
        claim("the slug", slugs.insert(slug, slug), entry(pool));
        if let Some(id) = pool.mempool_id {
            claim("the mempool_id", ids.insert(id, slug), entry(pool));
        }
        for tag in &pool.tags {
            let first = tags.insert(tag.text.to_ascii_lowercase(), slug);
            claim("this tag (case ignored)", first, tag_entry(&entry(pool), &tag.text));
        }
        for payout in &pool.addresses {
            let first = scripts.insert(&payout.script, slug);
            claim("this address", first, address_entry(&entry(pool), &payout.address));
        }
    }
}

/// Each pool named by `over` must be another pool of this registry, and no pool may win over itself by way of others.
fn priorities(pools: &[Pool], problems: &mut Problems<'_>) {
    let mut over: HashMap<&str, Vec<&str>> = pools.iter().map(|pool| (pool.slug.as_str(), Vec::new())).collect();
    for pool in pools {
        for tag in &pool.tags {
            for other in &tag.over {
                if other == &pool.slug || !over.contains_key(other.as_str()) {
                    let reason = Reason::UnknownPool(other.chars().take(100).collect());
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
fn hidden(pools: &[Pool], problems: &mut Problems<'_>) {
    let all: Vec<(&Pool, &Tag)> = pools.iter().flat_map(|pool| pool.tags.iter().map(move |tag| (pool, tag))).collect();
    let matcher: AhoCorasick = match Tags::matcher(all.iter().map(|(_, tag)| tag.text.as_str())) {
        Ok(matcher) => matcher,
        Err(reason) => return problems.add("tags", reason),
    };
    for (pool, tag) in &all {
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
