//! Who is who: the pools, the tags they write into coinbases and the addresses they are paid to, each claim with
//! its source and date.
//!
//! The data lie in `data/*.toml`: pools, the groups that they form, who owns them, and the listed companies that mine.
//! [`Registry::builtin`] compiles them once; [`Registry::from_files`] takes any other texts of the same form, such as the one
//! that a simulated chain brings along, or an operator's own beside the built-in ones. Bad data are a list of [`Problem`]s, all
//! of them at once, each with file, entry and reason.
//!
//! Beside them, and no part of a registry, stand what others have published of the past ([`Published`]) and what is publicly
//! known of the miners' announcements, reports, machines and markets ([`Dossier`]).
//!
//! Which of several marks decides is for attribute to say. Nothing here reads a file or a clock.

mod behind;
mod check;
mod dossier;
mod fields;
mod marker;
mod matching;
mod period;
mod pool;
mod problem;
mod published;
mod read;
mod read_behind;
mod texts;
mod unknown;
mod upstream;
mod version;

use std::{collections::HashMap, sync::LazyLock};

use bitcoin::Script;
use hashwatch_model::RegistryVersion;
use jiff::civil::Date;

pub use crate::{
    behind::{
        CARRIED_DAYS, Disclosure, Group, GroupKind, HashrateKind, Jurisdiction, Listing, Member, Miner, MinesWith,
        Owner,
    },
    dossier::{
        Amount, Announcement, AnnouncementKind, Capacity, Contract, CostOf, CostPart, Dated, Dossier, Figure, Machine,
        MarketValue, Measure, MiningEffect, Online, Price, PublishedCost, Quantity, Report, Scope, Stage, Status,
        WoundDown,
    },
    marker::Marker,
    matching::{AddressClaim, Known, TagMatch},
    period::{Period, When, day_of},
    pool::{Color, FormerName, PayoutAddress, Pool, SIMULATED, Since, Source, Tag},
    problem::{Problem, Reason, RegistryErrors},
    published::{Published, PublishedMonth},
    unknown::{Cluster, Clusters, Link, NamedCoinbase, SharedPayout, SharedText, UnknownCoinbase, clusters},
    upstream::{Difference, ListedPool, compare, entries},
};
use crate::{
    fields::Problems,
    matching::{Scripts, Tags},
    read::Claims,
};

/// The files that [`Registry::builtin`] is made of, and their texts.
const BUILTIN: [(&str, &str); 5] = [
    ("data/pools.toml", include_str!("../data/pools.toml")),
    ("data/groups.toml", include_str!("../data/groups.toml")),
    ("data/owners.toml", include_str!("../data/owners.toml")),
    ("data/miners.toml", include_str!("../data/miners.toml")),
    ("data/markers.toml", include_str!("../data/markers.toml")),
];

/// What files hold, before it is put together.
#[derive(Default)]
pub(crate) struct Entries {
    pools: Vec<Pool>,
    claims: Vec<Claims>,
    groups: Vec<Group>,
    owners: Vec<Owner>,
    miners: Vec<Miner>,
    markers: Vec<Marker>,
}

/// Who is who, checked and compiled for matching.
#[derive(Clone, Debug)]
pub struct Registry {
    pools: Vec<Pool>,
    groups: Vec<Group>,
    owners: Vec<Owner>,
    miners: Vec<Miner>,
    markers: Vec<Marker>,
    by_slug: HashMap<String, usize>,
    tags: Tags,
    scripts: Scripts,
    version: RegistryVersion,
    files: Vec<(String, String)>,
}

impl Registry {
    /// The registry that comes with hashwatch.
    pub fn builtin() -> &'static Registry {
        static BUILT: LazyLock<Registry> = LazyLock::new(|| {
            Registry::from_files(&BUILTIN)
                .unwrap_or_else(|errors| panic!("the embedded registry is checked by this crate's tests:\n{errors}"))
        });
        &BUILT
    }

    /// The built-in files with one more: entries of an operator's own, and further marks of known pools (`[[claim]]`).
    ///
    /// # Errors
    /// As [`Registry::from_files`]; of all files, since one may contradict another.
    pub fn with_overlay(file: &str, text: &str) -> Result<Registry, RegistryErrors> {
        let files: Vec<_> = BUILTIN.into_iter().chain([(file, text)]).collect();
        Registry::from_files(&files)
    }

    /// Reads and compiles a registry of one file. `file` is what the problems are reported under.
    ///
    /// # Errors
    /// As [`Registry::from_files`].
    pub fn from_toml(file: &str, text: &str) -> Result<Registry, RegistryErrors> {
        Registry::from_files(&[(file, text)])
    }

    /// Reads and compiles a registry of files, each a name for problems and a text.
    ///
    /// # Errors
    /// Everything that is wrong in any of them, or between them.
    pub fn from_files(files: &[(&str, &str)]) -> Result<Registry, RegistryErrors> {
        let (mut entries, mut problems) = (Entries::default(), Problems::default());
        for (file, text) in files {
            read::read(file, text, &mut entries, &mut problems);
        }
        entries.add_claims(&mut problems);
        check::check(&entries, &mut problems);
        let problems = problems.into_inner();
        if !problems.is_empty() {
            return Err(RegistryErrors(problems));
        }
        let Entries { mut pools, mut groups, mut owners, mut miners, mut markers, .. } = entries;
        pools.sort_by(|a, b| a.slug.cmp(&b.slug));
        groups.sort_by(|a, b| a.slug.cmp(&b.slug));
        owners.sort_by(|a, b| a.slug.cmp(&b.slug));
        miners.sort_by(|a, b| a.slug.cmp(&b.slug));
        markers.sort_by(|a, b| a.prefix.cmp(&b.prefix));
        Ok(Registry {
            version: version::of(&pools, &groups, &owners, &miners, &markers),
            by_slug: pools.iter().enumerate().map(|(index, pool)| (pool.slug.clone(), index)).collect(),
            scripts: Scripts::compile(&pools),
            tags: Tags::compile(&pools),
            pools,
            groups,
            owners,
            miners,
            markers,
            files: files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect(),
        })
    }

    /// Hash over the data: the same for the same claims, in whatever order they were written.
    pub fn version(&self) -> &RegistryVersion {
        &self.version
    }

    /// The files that it was made of, each with its text: [`Registry::from_files`] makes the same of them.
    pub fn files(&self) -> &[(String, String)] {
        &self.files
    }

    /// All pools, by slug.
    pub fn pools(&self) -> &[Pool] {
        &self.pools
    }

    /// The pool of this slug.
    pub fn pool(&self, slug: &str) -> Option<&Pool> {
        self.by_slug.get(slug).map(|&index| &self.pools[index])
    }

    /// Every occurrence of a known tag in an input script, overlapping ones too: the longest first, then the
    /// earliest, then by slug.
    pub fn tag_claims(&self, script: &[u8]) -> Vec<TagMatch<'_>> {
        self.tags.find(&self.pools, script)
    }

    /// The same for attribution, which needs no more than this: calls `found` with each of them and the bytes before it, the
    /// earliest first, of those at one place any.
    pub fn known_tags<'r>(&'r self, script: &[u8], found: impl FnMut(&'r Known, usize)) {
        self.tags.known(script, found);
    }

    /// The pool that is paid by an output of this script.
    pub fn script_claim(&self, script: &Script) -> Option<AddressClaim<'_>> {
        self.scripts.find(&self.pools, script)
    }

    /// The same for attribution.
    pub fn known_script(&self, script: &Script) -> Option<&Known> {
        self.scripts.known(script)
    }

    /// All groups, by slug.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// All owners, by slug.
    pub fn owners(&self) -> &[Owner] {
        &self.owners
    }

    /// All listed miners, by slug.
    pub fn miners(&self) -> &[Miner] {
        &self.miners
    }

    /// The miner of a slug.
    pub fn miner(&self, slug: &str) -> Option<&Miner> {
        self.miners.iter().find(|miner| miner.slug == slug)
    }

    /// All marks of other chains, by prefix.
    pub fn markers(&self) -> &[Marker] {
        &self.markers
    }

    /// Whose data an output carries.
    pub fn marker(&self, carried: &[u8]) -> Option<&Marker> {
        marker::find(&self.markers, carried)
    }

    /// The group that a pool is in on a day.
    pub fn group_on(&self, pool: &str, day: Date) -> Option<(&Group, &Member)> {
        latest(self.groups.iter().flat_map(|group| group.members.iter().map(move |member| (group, member))), pool, day)
    }

    /// Who owns a pool on a day, as far as is known.
    pub fn owner_on(&self, pool: &str, day: Date) -> Option<(&Owner, &Member)> {
        latest(self.owners.iter().flat_map(|owner| owner.pools.iter().map(move |member| (owner, member))), pool, day)
    }
}

/// Of several that may hold on a day (one ends in the month in which the next begins) the one that began last.
fn latest<'r, T>(all: impl Iterator<Item = (T, &'r Member)>, pool: &str, day: Date) -> Option<(T, &'r Member)> {
    let held = all.filter(|(_, member)| member.pool == pool && member.period.holds_on(day));
    held.max_by_key(|(_, member)| member.period.from.map(When::first))
}

impl Entries {
    /// Gives pools the marks that other entries claim for them.
    fn add_claims(&mut self, problems: &mut Problems) {
        for claims in std::mem::take(&mut self.claims) {
            problems.file(&claims.file);
            match self.pools.iter_mut().find(|pool| pool.slug == claims.pool) {
                Some(pool) => {
                    pool.tags.extend(claims.tags);
                    pool.addresses.extend(claims.addresses);
                }
                None => problems.add("claim", Reason::UnknownPool(read::shortened(&claims.pool))),
            }
        }
    }
}
