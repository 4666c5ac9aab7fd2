//! The registry as a list of claims, each with its time and its source: one list behind the page, the JSON and the CSV.

use hashwatch_registry::{
    Disclosure, FormerName, Group, Jurisdiction, Member, Miner, Owner, Period, Pool, Registry, Source,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::words::{WhenText, texts, words};

texts! {
    /// Of whom something is claimed.
    EntryWord: words(["pool", "group", "owner", "miner", "marker"]);
    /// What is claimed.
    ClaimWord: words([
        "former_name", "since", "tag", "address", "member", "owns", "country", "listing", "mines_with", "hashrate", "prefix",
    ]);
}

/// One claim.
pub(crate) struct Claim<'r> {
    /// `former_name`, `since`, `tag`, `address`, `member`, `owns`, `country`, `listing`, `mines_with`, `hashrate` or `prefix`.
    pub(crate) what: &'static str,
    pub(crate) value: String,
    /// What goes with it, in a few words.
    pub(crate) detail: Option<String>,
    pub(crate) period: Period,
    pub(crate) source: &'r Source,
    pub(crate) also: &'r [Source],
}

/// Somebody of whom something is claimed.
pub(crate) struct Entry<'r> {
    /// `pool`, `group`, `owner`, `miner` or `marker`.
    pub(crate) kind: &'static str,
    pub(crate) id: String,
    pub(crate) name: &'r str,
    /// A pool's own page; of a group, what binds its members.
    pub(crate) detail: Option<&'r str>,
    pub(crate) claims: Vec<Claim<'r>>,
}

/// Everything that is claimed, by kind and then by id.
pub(crate) fn entries(who: &Registry) -> Vec<Entry<'_>> {
    let pools = who.pools().iter().map(pool);
    let groups = who.groups().iter().map(group);
    let owners = who.owners().iter().map(owner);
    let miners = who.miners().iter().map(miner);
    let markers = who.markers().iter().map(|marker| Entry {
        kind: "marker",
        id: hex::encode(&marker.prefix),
        name: &marker.name,
        detail: None,
        claims: vec![Claim::new("prefix", hex::encode(&marker.prefix), Period::default(), &marker.source)],
    });
    pools.chain(groups).chain(owners).chain(miners).chain(markers).collect()
}

impl<'r> Claim<'r> {
    fn new(what: &'static str, value: String, period: Period, source: &'r Source) -> Claim<'r> {
        Claim { what, value, detail: None, period, source, also: &[] }
    }

    fn with(mut self, detail: impl Into<String>) -> Claim<'r> {
        self.detail = Some(detail.into());
        self
    }

    pub(crate) fn fields(&self) -> ClaimFields {
        ClaimFields {
            claim: self.what,
            value: self.value.clone(),
            detail: self.detail.clone(),
            from: self.period.from.map(|from| from.to_string()),
            until: self.period.until.map(|end| end.to_string()),
            source: source_fields(self.source),
            also: self.also.iter().map(source_fields).collect(),
        }
    }
}

/// A claim, when it holds, and where it can be read.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClaimFields {
    #[schema(value_type = ClaimWord)]
    claim: &'static str,
    value: String,
    /// What goes with it, in a few words.
    #[schema(required)]
    detail: Option<String>,
    /// Null where nobody says.
    #[schema(required, value_type = Option<WhenText>)]
    from: Option<String>,
    /// Null where nobody says.
    #[schema(required, value_type = Option<WhenText>)]
    until: Option<String>,
    #[serde(flatten)]
    source: SourceFields,
    /// Further sources.
    also: Vec<SourceFields>,
}

/// Where a claim can be read.
#[derive(Serialize, ToSchema)]
pub(crate) struct SourceFields {
    /// A public address, or `simulated`.
    pub(crate) source: String,
    /// When it stood there; null where the source shows none.
    #[schema(required, value_type = Option<WhenText>)]
    pub(crate) date: Option<String>,
}

pub(crate) fn source_fields(source: &Source) -> SourceFields {
    SourceFields { source: source.url.clone(), date: source.date.map(|date| date.to_string()) }
}

fn former(name: &FormerName) -> Claim<'_> {
    let period = Period { from: None, until: Some(name.until) };
    Claim::new("former_name", name.name.clone(), period, &name.source)
}

/// Names of old, the first day, tags and addresses.
pub(crate) fn pool(pool: &Pool) -> Entry<'_> {
    let since = pool.since.iter().map(|since| {
        let period = Period { from: Some(since.day), until: None };
        Claim::new("since", since.day.to_string(), period, &since.source)
    });
    let tags = pool.tags.iter().map(|tag| {
        let claim = Claim::new("tag", tag.text.clone(), tag.period, &tag.source);
        if tag.over.is_empty() { claim } else { claim.with(format!("wins over {}", tag.over.join(", "))) }
    });
    let addresses = pool.addresses.iter().map(|it| Claim::new("address", it.address.clone(), it.period, &it.source));
    let claims = pool.former.iter().map(former).chain(since).chain(tags).chain(addresses).collect();
    Entry { kind: "pool", id: pool.slug.clone(), name: &pool.name, detail: pool.link.as_deref(), claims }
}

fn member<'r>(what: &'static str, member: &'r Member) -> Claim<'r> {
    let claim = Claim::new(what, member.pool.clone(), member.period, &member.source);
    Claim { detail: member.relation.clone(), also: &member.also, ..claim }
}

fn group(group: &Group) -> Entry<'_> {
    let claims = group.members.iter().map(|it| member("member", it)).collect();
    Entry { kind: "group", id: group.slug.clone(), name: &group.name, detail: Some(group.kind.name()), claims }
}

fn country(at: &Jurisdiction) -> Claim<'_> {
    Claim::new("country", at.country.clone(), at.period, &at.source)
}

fn owner(owner: &Owner) -> Entry<'_> {
    let owns = owner.pools.iter().map(|it| member("owns", it));
    let claims = owner.jurisdictions.iter().map(country).chain(owns).collect();
    Entry { kind: "owner", id: owner.slug.clone(), name: &owner.name, detail: None, claims }
}

fn miner(miner: &Miner) -> Entry<'_> {
    let listings = miner
        .listings
        .iter()
        .map(|it| Claim::new("listing", it.ticker.clone(), it.period, &it.source).with(it.exchange.clone()));
    let pools = miner.pools.iter().map(|with| {
        let claim = Claim::new("mines_with", with.pool.clone(), with.period, &with.source);
        if with.own { claim.with("its own pool") } else { claim }
    });
    let claims = miner.former.iter().map(former).chain(listings).chain(miner.jurisdictions.iter().map(country));
    let claims = claims.chain(pools).chain(miner.disclosures.iter().map(disclosure)).collect();
    Entry { kind: "miner", id: miner.slug.clone(), name: &miner.name, detail: None, claims }
}

fn disclosure(said: &Disclosure) -> Claim<'_> {
    let period = Period { from: Some(said.period), until: Some(said.period) };
    let value = format!("{} EH/s", said.hashes_per_second / 1e18);
    Claim::new("hashrate", value, period, &said.source).with(said.kind.name())
}

/// Who stands behind a pool, or mines with it, at any time: each claim, and of whom it is.
pub(crate) fn behind<'r>(who: &'r Registry, slug: &str) -> Vec<(Entry<'r>, Claim<'r>)> {
    let groups = who.groups().iter().map(group);
    let owners = who.owners().iter().map(owner);
    let miners = who.miners().iter().map(miner);
    let mut found = Vec::new();
    for mut entry in groups.chain(owners).chain(miners) {
        let ties = |claim: &Claim<'_>| matches!(claim.what, "member" | "owns" | "mines_with") && claim.value == slug;
        while let Some(place) = entry.claims.iter().position(ties) {
            let claim = entry.claims.remove(place);
            found.push((Entry { claims: Vec::new(), id: entry.id.clone(), ..entry }, claim));
        }
    }
    found
}
