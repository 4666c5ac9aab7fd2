//! Other people's lists of pools, held against the registry: what they have and we have not, and where they contradict us.
//!
//! Both mempool's `pools-v2.json` and bitcoin-data's `pool-list.json` are lists of names with tags, addresses and a link. How a
//! file of theirs is read is for the caller.

use std::{collections::HashMap, fmt::Write, str::FromStr};

use bitcoin::{Address, ScriptBuf, address::NetworkUnchecked};

use crate::{Registry, pool::Pool};

/// A pool of another list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedPool {
    /// Its name there.
    pub name: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its payout addresses.
    pub addresses: Vec<String>,
    /// Its page.
    pub link: Option<String>,
}

/// One way in which a list differs from the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// A pool of which we have no mark and no name.
    NewPool(ListedPool),
    /// A tag of a known pool that we have not, nor a shorter one that is found wherever it is.
    NewTag {
        /// The pool's slug.
        pool: String,
        /// The tag.
        tag: String,
    },
    /// An address of a known pool that we have not.
    NewAddress {
        /// The pool's slug.
        pool: String,
        /// The address.
        address: String,
    },
    /// A mark that we have of another pool.
    Conflict {
        /// The tag or address.
        mark: String,
        /// Whose it is there.
        theirs: String,
        /// Slug of the pool whose it is here.
        ours: String,
    },
    /// A pool under a name that we do not have for it.
    Renamed {
        /// The pool's slug.
        pool: String,
        /// Its name here.
        ours: String,
        /// Its name there.
        theirs: String,
    },
    /// An address that does not parse.
    BadAddress {
        /// Whose it is there.
        theirs: String,
        /// As it is written there.
        address: String,
    },
}

/// All differences, in the order of the list.
pub fn compare(registry: &Registry, list: &[ListedPool]) -> Vec<Difference> {
    list.iter().flat_map(|listed| of_one(registry, listed)).collect()
}

fn of_one(registry: &Registry, listed: &ListedPool) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut scripts: Vec<(&str, ScriptBuf)> = Vec::new();
    for address in &listed.addresses {
        match Address::<NetworkUnchecked>::from_str(address) {
            Ok(parsed) => scripts.push((address, parsed.assume_checked().script_pubkey())),
            Err(_) => {
                found.push(Difference::BadAddress { theirs: listed.name.clone(), address: address.clone() });
            }
        }
    }
    let Some(ours) = meant(registry, listed, &scripts) else {
        let good = |address: &String| scripts.iter().any(|(known, _)| known == address);
        let addresses = listed.addresses.iter().filter(|address| good(address)).cloned().collect();
        found.push(Difference::NewPool(ListedPool { addresses, ..listed.clone() }));
        return found;
    };
    // known by some marks alone: what else it has may as well be another pool's, which is for a person to say
    let is_sure = has_name(ours, &listed.name);
    if !is_sure {
        let (pool, theirs) = (ours.slug.clone(), listed.name.clone());
        found.push(Difference::Renamed { pool, ours: ours.name.clone(), theirs });
    }
    let conflict = |mark: &str, other: &Pool| Difference::Conflict {
        mark: mark.to_owned(),
        theirs: listed.name.clone(),
        ours: other.slug.clone(),
    };
    for tag in &listed.tags {
        let claims = registry.tag_claims(tag.as_bytes());
        if claims.iter().any(|claim| claim.pool.slug == ours.slug) {
            continue;
        }
        // the whole of it is somebody else's; what only lies inside is no claim on it
        match claims.iter().find(|claim| claim.tag.text.eq_ignore_ascii_case(tag)) {
            Some(claim) => found.push(conflict(tag, claim.pool)),
            None if is_sure => found.push(Difference::NewTag { pool: ours.slug.clone(), tag: tag.clone() }),
            None => {}
        }
    }
    for (address, script) in &scripts {
        match registry.script_claim(script) {
            Some(claim) if claim.pool.slug == ours.slug => {}
            Some(claim) => found.push(conflict(address, claim.pool)),
            None if is_sure => {
                found.push(Difference::NewAddress { pool: ours.slug.clone(), address: (*address).to_owned() });
            }
            None => {}
        }
    }
    found
}

/// Which of our pools is meant: the one of that name, else the one that has most of the marks.
fn meant<'r>(registry: &'r Registry, listed: &ListedPool, scripts: &[(&str, ScriptBuf)]) -> Option<&'r Pool> {
    if let Some(pool) = registry.pools().iter().find(|pool| has_name(pool, &listed.name)) {
        return Some(pool);
    }
    let mut votes: HashMap<&str, usize> = HashMap::new();
    let whole = |tag: &'_ String| {
        let claims = registry.tag_claims(tag.as_bytes());
        claims.into_iter().find(|claim| claim.tag.text.eq_ignore_ascii_case(tag)).map(|claim| claim.pool)
    };
    let by_tags = listed.tags.iter().filter_map(whole);
    let by_scripts = scripts.iter().filter_map(|(_, script)| Some(registry.script_claim(script)?.pool));
    for pool in by_tags.chain(by_scripts) {
        *votes.entry(&pool.slug).or_default() += 1;
    }
    // of equals the first in the alphabet, so that the answer does not depend on chance
    let (slug, _) = votes.into_iter().max_by(|one, other| one.1.cmp(&other.1).then(other.0.cmp(one.0)))?;
    registry.pool(slug)
}

/// Letters and digits are what a name is known by: lists differ in the rest.
fn has_name(pool: &Pool, name: &str) -> bool {
    let plain =
        |name: &str| name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let wanted = plain(name);
    !wanted.is_empty()
        && (plain(&pool.name) == wanted || pool.former.iter().any(|former| plain(&former.name) == wanted))
}

/// Entries for an operator's own file that take over what the list has and the registry has not, each with its source. What
/// contradicts the registry is left to a person.
pub fn entries(differences: &[Difference], source: &str, date: &str) -> String {
    let sourced = |key: &str, mark: &str| {
        format!("  {{ {key} = {}, source = {}, date = {} }},\n", quoted(mark), quoted(source), quoted(date))
    };
    let mut claims: Vec<(&str, String, String)> = Vec::new();
    let mut out = String::new();
    for difference in differences {
        match difference {
            Difference::NewPool(listed) => {
                let tags: String = listed.tags.iter().map(|tag| sourced("text", tag)).collect();
                let addresses: String = listed.addresses.iter().map(|address| sourced("address", address)).collect();
                let link = listed.link.as_deref().map_or_else(String::new, |link| format!("link = {}\n", quoted(link)));
                let _ = write!(
                    out,
                    "[[pool]]\nslug = {}\nname = {}\n{link}tag = [\n{tags}]\naddress = [\n{addresses}]\n\n",
                    quoted(&slug(&listed.name)),
                    quoted(&listed.name),
                );
            }
            Difference::NewTag { pool, tag } => claim(&mut claims, pool).1.push_str(&sourced("text", tag)),
            Difference::NewAddress { pool, address } => {
                claim(&mut claims, pool).2.push_str(&sourced("address", address));
            }
            Difference::Conflict { .. } | Difference::Renamed { .. } | Difference::BadAddress { .. } => {}
        }
    }
    for (pool, tags, addresses) in claims {
        let _ = write!(out, "[[claim]]\npool = {}\ntag = [\n{tags}]\naddress = [\n{addresses}]\n\n", quoted(pool));
    }
    out
}

/// A text as TOML writes it, whatever is in it.
pub(crate) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn claim<'c, 'p>(claims: &'c mut Vec<(&'p str, String, String)>, pool: &'p str) -> &'c mut (&'p str, String, String) {
    let at = claims.iter().position(|(known, ..)| *known == pool).unwrap_or_else(|| {
        claims.push((pool, String::new(), String::new()));
        claims.len() - 1
    });
    &mut claims[at]
}

/// As mempool makes one of a name.
fn slug(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase());
    letters.take(40).collect()
}
