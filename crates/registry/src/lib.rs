//! Who is who: the pools, the tags they write into coinbases and the addresses they are paid to, each claim with
//! its source and date.
//!
//! The data lie in `data/pools.toml`. [`Registry::builtin`] compiles them once; [`Registry::from_toml`] takes any other
//! text of the same form, such as the one that a simulated chain brings along. Bad data are a list of [`Problem`]s,
//! all of them at once, each with file, entry and reason.
//!
//! Which of several marks decides is for attribute to say. Nothing here reads a file or a clock.

mod check;
mod fields;
mod matching;
mod pool;
mod problem;
mod read;
mod version;

use std::{collections::HashMap, sync::LazyLock};

use bitcoin::Script;
use hashwatch_model::RegistryVersion;

use crate::matching::{Scripts, Tags};
pub use crate::{
    matching::{AddressClaim, TagMatch},
    pool::{Color, PayoutAddress, Pool, SIMULATED, Source, Tag},
    problem::{Problem, Reason, RegistryErrors},
};

/// The file that [`Registry::builtin`] is made of, and its text.
const BUILTIN: (&str, &str) = ("data/pools.toml", include_str!("../data/pools.toml"));

/// Pools, checked and compiled for matching.
#[derive(Clone, Debug)]
pub struct Registry {
    pools: Vec<Pool>,
    by_slug: HashMap<String, usize>,
    tags: Tags,
    scripts: Scripts,
    version: RegistryVersion,
}

impl Registry {
    /// The registry that comes with hashwatch.
    pub fn builtin() -> &'static Registry {
        static BUILT: LazyLock<Registry> = LazyLock::new(|| {
            Registry::from_toml(BUILTIN.0, BUILTIN.1)
                .unwrap_or_else(|errors| panic!("the embedded registry is checked by this crate's tests:\n{errors}"))
        });
        &BUILT
    }

    /// Reads and compiles a registry. `file` is what the problems are reported under.
    pub fn from_toml(file: &str, text: &str) -> Result<Registry, RegistryErrors> {
        let (mut entries, mut problems) = read::read(file, text);
        problems.extend(check::check(file, &entries));
        if !problems.is_empty() {
            return Err(RegistryErrors(problems));
        }
        entries.sort_by(|a, b| a.slug.cmp(&b.slug));
        let tags = Tags::compile(&entries).map_err(|reason| {
            RegistryErrors(vec![Problem { file: file.to_owned(), entry: "tags".to_owned(), reason }])
        })?;
        Ok(Registry {
            version: version::of(&entries),
            by_slug: entries.iter().enumerate().map(|(index, pool)| (pool.slug.clone(), index)).collect(),
            scripts: Scripts::compile(&entries),
            tags,
            pools: entries,
        })
    }

    /// Hash over the data: the same for the same claims, in whatever order they were written.
    pub fn version(&self) -> &RegistryVersion {
        &self.version
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

    /// The pool that is paid by an output of this script.
    pub fn script_claim(&self, script: &Script) -> Option<AddressClaim<'_>> {
        self.scripts.find(&self.pools, script)
    }
}
