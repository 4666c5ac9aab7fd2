//! Coinbases as real pools form them, together with what must be made of them.
//!
//! Tags and addresses are those of the registry's data file, read here as plain TOML. What a coinbase says of its miner
//! is known from how it was made, not from reading it again.

use std::collections::BTreeMap;

use bitcoin::address::NetworkUnchecked;
use bitcoin::{Address, ScriptBuf};
use hashwatch_tests::Coinbase;
use hashwatch_tests::miner::anyone_can_spend;
use serde_json::{Value, json};

use crate::seed::Seed;

const DATA: &str = include_str!("../../crates/registry/data/pools.toml");

/// A mark of a pool's, with where the registry has it from.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    pub(crate) pool: String,
    pub(crate) value: String,
    pub(crate) source: String,
}

/// The registry's data.
pub(crate) struct Pools {
    pub(crate) names: BTreeMap<String, String>,
    /// Names of old, each until the day, month or year that is named.
    pub(crate) former: BTreeMap<String, Vec<(String, String)>>,
    /// Those that fit beside another into a coinbase and have no priority of their own.
    pub(crate) tags: Vec<Claim>,
    pub(crate) addresses: Vec<(Claim, ScriptBuf)>,
}

/// What a known mark is, and where in the coinbase it stands.
#[derive(Debug, Clone)]
enum Mark {
    /// Bytes of the tag before it.
    Tag(Claim, usize),
    /// Index of the output.
    Address(Claim, usize),
}

/// A coinbase, who signed it, and on what evidence that is known.
#[derive(Debug, Clone)]
pub(crate) struct Signed {
    pub(crate) coinbase: Coinbase,
    pub(crate) pool: Option<String>,
    marks: Vec<Mark>,
}

impl Pools {
    pub(crate) fn read() -> Pools {
        let table: toml::Table = DATA.parse().expect("the registry is TOML");
        let mut pools =
            Pools { names: BTreeMap::new(), former: BTreeMap::new(), tags: Vec::new(), addresses: Vec::new() };
        for pool in table["pool"].as_array().expect("a list of pools") {
            let text = |value: &toml::Value, key: &str| value[key].as_str().expect("a text").to_owned();
            let slug = text(pool, "slug");
            pools.names.insert(slug.clone(), text(pool, "name"));
            // marks count from a pool's first day on, which tests of their own look at; the chains here begin years ago
            if pool.get("since").is_some_and(|since| text(since, "day").as_str() > "2012") {
                pools.former.insert(slug, Vec::new());
                continue;
            }
            let list = |key: &str| pool.get(key).and_then(toml::Value::as_array).cloned().unwrap_or_default();
            let former = list("former").iter().map(|it| (text(it, "until"), text(it, "name"))).collect();
            pools.former.insert(slug.clone(), former);
            let claim = |of: &toml::Value, key: &str| Claim {
                pool: slug.clone(),
                value: text(of, key),
                source: text(of, "source"),
            };
            let tags = list("tag").into_iter().filter(|tag| tag.get("over").is_none());
            pools.tags.extend(tags.map(|tag| claim(&tag, "text")).filter(|claim| claim.value.len() <= 40));
            for address in list("address") {
                let claim = claim(&address, "address");
                let parsed: Address<NetworkUnchecked> = claim.value.parse().expect("an address");
                pools.addresses.push((claim, parsed.assume_checked().script_pubkey()));
            }
        }
        assert!(pools.names.len() >= 30 && pools.tags.len() >= 30 && pools.addresses.len() >= 30);
        pools
    }

    /// A pool's name on a day, written like `2024-02-24`: a month or a year that began before has not ended by then.
    pub(crate) fn name_on(&self, pool: &str, day: &str) -> &str {
        let mut former: Vec<_> = self.former[pool].iter().filter(|(until, _)| day[..until.len()] <= **until).collect();
        former.sort();
        former.first().map_or(&self.names[pool], |(_, name)| name)
    }

    /// A tag of this pool's.
    pub(crate) fn tag_of(&self, pool: &str) -> Claim {
        self.tags.iter().find(|claim| claim.pool == pool).cloned().unwrap_or_else(|| panic!("no tag of {pool}"))
    }

    /// A coinbase that this pool signed, and nothing else in it.
    pub(crate) fn signed_by(&self, pool: &str) -> Signed {
        Form::default().tag(&self.tag_of(pool), 1).done()
    }

    /// A coinbase of a seeded form: a few pools have most of them, as in life.
    pub(crate) fn any(&self, seed: &mut Seed) -> Signed {
        let tags = [seed.within(0..12), seed.within(0..self.tags.len() as u64)];
        let tag = &self.tags[usize::try_from(*seed.pick(&tags)).expect("an index")];
        let (address, script) = seed.pick(&self.addresses);
        let (other, other_script) = self.other(seed, &address.pool);
        let lead = usize::try_from(seed.within(1..6)).expect("a small number");
        let form = Form::default();
        match seed.within(0..12) {
            0..=2 => form.tag(tag, lead).done(),
            3 => form.shouted(tag, lead).done(),
            4 => form.reward(address, script).done(),
            5 => form.reward(address, script).tag(tag, lead).done(),
            6 => form.reward(address, script).tag(tag, lead).share(&other, &other_script, 40).done(),
            7 => form.tag(tag, lead).share(address, script, 30).done(),
            8 => form.share(address, script, 30).done(),
            9 => {
                let second = self.longer_or_shorter(seed, tag);
                form.tag(tag, lead).tag(&second, 2).done()
            }
            10 => form.dust(script).tag(tag, lead).done(),
            _ => form.done(),
        }
    }

    fn other(&self, seed: &mut Seed, pool: &str) -> (Claim, ScriptBuf) {
        loop {
            let (claim, script) = seed.pick(&self.addresses);
            if claim.pool != pool {
                return (claim.clone(), script.clone());
            }
        }
    }

    /// Another pool's tag of another length, so that the length decides, and neither inside the other.
    fn longer_or_shorter(&self, seed: &mut Seed, tag: &Claim) -> Claim {
        loop {
            let other = seed.pick(&self.tags);
            let (one, two) = (tag.value.to_lowercase(), other.value.to_lowercase());
            if other.pool != tag.pool && one.len() != two.len() && !one.contains(&two) && !two.contains(&one) {
                return other.clone();
            }
        }
    }
}

/// A coinbase being filled in. Marks are kept by the rank that docs/methodology/attribution.md gives them.
#[derive(Default)]
struct Form {
    coinbase: Coinbase,
    reward: Vec<Mark>,
    tags: Vec<(usize, Mark)>,
    shares: Vec<Mark>,
    paid: u64,
}

impl Form {
    /// `lead` control bytes, which are no part of any tag, and the tag.
    fn tag(mut self, claim: &Claim, lead: usize) -> Form {
        self.coinbase.tag.extend(std::iter::repeat_n(0x01, lead));
        self.tags.push((claim.value.len(), Mark::Tag(claim.clone(), self.coinbase.tag.len())));
        self.coinbase.tag.extend(claim.value.as_bytes());
        self
    }

    /// The same in capitals: the case of ASCII letters plays no part.
    fn shouted(self, claim: &Claim, lead: usize) -> Form {
        let mut form = self.tag(claim, lead);
        form.coinbase.tag.make_ascii_uppercase();
        form
    }

    /// Pays this address the larger part.
    fn reward(mut self, claim: &Claim, script: &ScriptBuf) -> Form {
        // an output of nothing before it, so that the index tells something
        self.coinbase = self.coinbase.paying(ScriptBuf::new_op_return([0xaa; 4]), 0).paying(script.clone(), 60);
        self.reward.push(Mark::Address(claim.clone(), 1));
        self.paid = 60;
        self
    }

    /// Pays this address some percent, and whoever is first, or anyone, the rest.
    fn share(mut self, claim: &Claim, script: &ScriptBuf, percent: u64) -> Form {
        if self.paid == 0 {
            self.coinbase = self.coinbase.paying(anyone_can_spend(), 100 - percent);
        }
        let output = self.coinbase.payouts.len();
        self.coinbase = self.coinbase.paying(script.clone(), percent);
        self.shares.push(Mark::Address(claim.clone(), output));
        self
    }

    /// Pays this address half a thousandth: not enough to mean anything.
    fn dust(mut self, script: &ScriptBuf) -> Form {
        self.coinbase = self.coinbase.paying(anyone_can_spend(), 1999).paying(script.clone(), 1);
        self
    }

    fn done(mut self) -> Signed {
        // the push of the extra nonce comes right after
        self.coinbase.tag.push(0x02);
        self.tags.sort_by_key(|(length, _)| usize::MAX - length);
        let tags = self.tags.into_iter().map(|(_, mark)| mark);
        let marks: Vec<Mark> = self.reward.into_iter().chain(tags).chain(self.shares).collect();
        let pool = marks.first().map(|mark| mark.claim().pool.clone());
        Signed { coinbase: self.coinbase, pool, marks }
    }
}

impl Mark {
    fn claim(&self) -> &Claim {
        match self {
            Mark::Tag(claim, _) | Mark::Address(claim, _) => claim,
        }
    }
}

impl Signed {
    /// The evidence as the API gives it for a block of this height.
    pub(crate) fn evidence(&self, height: u32) -> Value {
        // BIP34 in front: OP_1 to OP_16, or a push of the height as a script number
        let front = match height {
            0..=16 => 1,
            17..=0x7f => 2,
            0x80..=0x7fff => 3,
            _ => 4,
        };
        let json = |mark: &Mark| {
            let Claim { pool, value, source } = mark.claim();
            match mark {
                Mark::Tag(_, place) => {
                    json!({ "kind": "tag", "pool": pool, "value": value, "offset": front + place, "source": source,
                            "outside": false })
                }
                Mark::Address(_, output) => {
                    json!({ "kind": "address", "pool": pool, "value": value, "output": output, "source": source,
                            "outside": false })
                }
            }
        };
        self.marks.iter().map(json).collect()
    }
}
