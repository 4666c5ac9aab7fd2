//! From TOML to groups, owners and miners. What one entry says against another is for check.

use crate::{
    behind::{Disclosure, Group, GroupKind, HashrateKind, Jurisdiction, Listing, Member, Miner, MinesWith, Owner},
    fields::{Fields, Problems},
    problem::Reason,
    read::{checked_name, former_names, name, period, shortened, slug, source, when},
};

/// Exahashes per second that no company has: ten times the whole network of 2026.
pub(crate) const MOST_EH_S: f64 = 10_000.0;

pub(crate) fn group(file: &str, mut fields: Fields, problems: &mut Problems) -> Group {
    let slug = slug(&mut fields, "group", problems);
    let name = name(&mut fields, problems);
    let kinds = [GroupKind::Proxy, GroupKind::Template].map(|kind| (kind.name(), kind));
    let kind = word(&mut fields, "kind", &kinds, problems).unwrap_or(GroupKind::Template);
    let members = each(&mut fields, "member", problems, member);
    fields.finish(problems);
    Group { slug, name, kind, members, file: file.to_owned() }
}

pub(crate) fn owner(file: &str, mut fields: Fields, problems: &mut Problems) -> Owner {
    let slug = slug(&mut fields, "owner", problems);
    let name = name(&mut fields, problems);
    let jurisdictions = each(&mut fields, "jurisdiction", problems, jurisdiction);
    let pools = each(&mut fields, "pool", problems, member);
    fields.finish(problems);
    Owner { slug, name, jurisdictions, pools, file: file.to_owned() }
}

pub(crate) fn miner(file: &str, mut fields: Fields, problems: &mut Problems) -> Miner {
    let slug = slug(&mut fields, "miner", problems);
    let name = name(&mut fields, problems);
    let former = former_names(&mut fields, problems);
    let listings = each(&mut fields, "listing", problems, listing);
    let jurisdictions = each(&mut fields, "country", problems, jurisdiction);
    let pools = each(&mut fields, "pool", problems, mines_with);
    let mut disclosures = each(&mut fields, "hashrate", problems, disclosure);
    disclosures.sort_by_key(|said| (said.period.last(), said.kind));
    fields.finish(problems);
    Miner { slug, name, former, listings, jurisdictions, pools, disclosures, file: file.to_owned() }
}

/// The tables under a key, each read to its last key. One with a problem is left out.
pub(crate) fn each<T>(
    fields: &mut Fields,
    key: &'static str,
    problems: &mut Problems,
    read: impl Fn(&mut Fields, &mut Problems) -> Option<T>,
) -> Vec<T> {
    let tables = fields.tables(key, problems);
    let read = |mut entry: Fields| {
        let found = read(&mut entry, problems);
        entry.finish(problems);
        found
    };
    tables.into_iter().filter_map(read).collect()
}

fn member(fields: &mut Fields, problems: &mut Problems) -> Option<Member> {
    let pool = pool(fields, problems);
    let period = period(fields, problems);
    let relation = fields.text("relation", problems).and_then(|text| problems.ok(&fields.entry, checked_name(text)));
    let source_here = source(fields, problems);
    let also = each(fields, "also", problems, source);
    Some(Member { pool: pool?, period, relation, source: source_here?, also })
}

fn jurisdiction(fields: &mut Fields, problems: &mut Problems) -> Option<Jurisdiction> {
    let country = fields.required("country", problems).and_then(|text| {
        let letters = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        problems.ok(&fields.entry, if letters { Ok(text) } else { Err(Reason::Country(shortened(&text))) })
    });
    let period = period(fields, problems);
    let source = source(fields, problems);
    Some(Jurisdiction { country: country?, period, source: source? })
}

fn listing(fields: &mut Fields, problems: &mut Problems) -> Option<Listing> {
    let [ticker, exchange] = ["ticker", "exchange"]
        .map(|key| fields.required(key, problems).and_then(|text| problems.ok(&fields.entry, checked_name(text))));
    let period = period(fields, problems);
    let source = source(fields, problems);
    Some(Listing { ticker: ticker?, exchange: exchange?, period, source: source? })
}

fn mines_with(fields: &mut Fields, problems: &mut Problems) -> Option<MinesWith> {
    let pool = pool(fields, problems);
    let own = fields.flag("own", problems);
    let period = period(fields, problems);
    let source = source(fields, problems);
    Some(MinesWith { pool: pool?, own, period, source: source? })
}

fn disclosure(fields: &mut Fields, problems: &mut Problems) -> Option<Disclosure> {
    let period = fields.required("period", problems).and_then(|text| problems.ok(&fields.entry, when(text)));
    let kinds = HashrateKind::ALL.map(|kind| (kind.name(), kind));
    let kind = word(fields, "kind", &kinds, problems);
    let exahashes = fields.number("eh_s", problems).filter(|number| {
        let possible = *number > 0.0 && *number <= MOST_EH_S;
        if !possible {
            problems.add(&fields.entry, Reason::Hashrate(*number));
        }
        possible
    });
    if exahashes.is_none() {
        problems.add(&fields.entry, Reason::Missing("eh_s"));
    }
    let source = source(fields, problems);
    Some(Disclosure { period: period?, kind: kind?, hashes_per_second: exahashes? * 1e18, source: source? })
}

/// The key `pool`, after which the entry is called.
fn pool(fields: &mut Fields, problems: &mut Problems) -> Option<String> {
    let pool = fields.required("pool", problems)?;
    fields.entry = format!("{} ({})", fields.entry, shortened(&pool));
    Some(pool)
}

/// A word that must be there, and what it means.
pub(crate) fn word<T: Copy>(
    fields: &mut Fields,
    key: &'static str,
    words: &[(&'static str, T)],
    problems: &mut Problems,
) -> Option<T> {
    let found = fields.required(key, problems)?;
    let meant = words.iter().find(|(word, _)| *word == found).map(|(_, meant)| *meant);
    if meant.is_none() {
        let allowed = words.iter().map(|(word, _)| *word).collect();
        problems.add(&fields.entry, Reason::Word { found: shortened(&found), allowed });
    }
    meant
}
