//! What holds for every coinbase and every registry.

use std::sync::LazyLock;

use bitcoin::ScriptBuf;
use hashwatch_model::{Attribution, Coinbase, EvidenceKind, Strength};
use hashwatch_registry::{Pool, Registry, day_of};
use jiff::civil::Date;
use proptest::{prelude::*, sample::Index};

use super::{BTC, coinbase, plain};
use crate::opinion;

const BUILTIN: &str = include_str!("../../../registry/data/pools.toml");
const BEHIND: [(&str, &str); 4] = [
    ("groups.toml", include_str!("../../../registry/data/groups.toml")),
    ("owners.toml", include_str!("../../../registry/data/owners.toml")),
    ("miners.toml", include_str!("../../../registry/data/miners.toml")),
    ("markers.toml", include_str!("../../../registry/data/markers.toml")),
];

/// Any day of the first twenty years, or none.
fn days() -> impl Strategy<Value = Option<Date>> {
    proptest::option::of((0..7_300_u32).prop_map(|days| day_of(1_231_006_505 + days * 86_400)))
}

/// Coinbases full of known marks and of bytes that come close to them.
fn coinbases() -> impl Strategy<Value = Coinbase> {
    coinbases_of(Registry::builtin().pools().iter())
}

fn coinbases_of<'r>(pools: impl Iterator<Item = &'r Pool> + Clone) -> impl Strategy<Value = Coinbase> {
    let tags: Vec<Vec<u8>> =
        pools.clone().flat_map(|pool| &pool.tags).map(|tag| tag.text.clone().into_bytes()).collect();
    let scripts: Vec<ScriptBuf> = pools.flat_map(|pool| &pool.addresses).map(|payout| payout.script.clone()).collect();
    let piece = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..20),
        proptest::sample::select(tags.clone()),
        (proptest::sample::select(tags), any::<Index>()).prop_map(|(tag, at)| tag[..at.index(tag.len())].to_vec()),
    ];
    let paid = prop_oneof![
        proptest::sample::select(scripts),
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(ScriptBuf::from_bytes),
    ];
    let sats = prop_oneof![Just(0), Just(546), Just(100_000_000), 0..1_000_000_000_u64];
    let outputs = proptest::collection::vec((sats, paid), 0..6);
    (proptest::collection::vec(piece, 0..6), outputs).prop_map(|(pieces, outputs)| coinbase(&pieces.concat(), outputs))
}

/// Pools whose tags begin alike, lie within each other, win over each other and have had their time.
const ENTANGLED: &str = r#"
[[pool]]
slug = "0-new"
name = "New"
since = { day = "2015", source = "simulated" }
tag = [
  { text = "/f2", source = "simulated" },
  { text = "/f2pool/via", over = ["f2pool"], until = "2018-03", source = "simulated" },
  { text = "/f2pool/viabtc/", over = ["f2pool", "viabtc"], source = "simulated" },
]

[[pool]]
slug = "0-old"
name = "Old"
tag = [
  { text = "/viabtc/f2", over = ["0-new", "viabtc"], until = "2020", source = "simulated" },
  { text = "btc/f2p", over = ["0-new"], from = "2012", source = "simulated" },
]
address = [{ address = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", until = "2016", source = "simulated" }]
"#;

static WITH_ENTANGLED: LazyLock<Registry> =
    LazyLock::new(|| Registry::with_overlay("entangled", ENTANGLED).expect("sound"));

fn entangled() -> impl Strategy<Value = Coinbase> {
    let slugs = ["0-new", "0-old", "antpool", "f2pool", "viabtc"];
    coinbases_of(slugs.into_iter().filter_map(|slug| WITH_ENTANGLED.pool(slug)))
}

/// An opinion in the form of the plain rules.
fn told(opinion: &Attribution) -> (Option<(&str, Strength)>, Vec<plain::Mark<'_>>) {
    let marks = opinion.evidence.iter();
    let marks = marks.map(|it| (it.kind, it.pool.as_str(), it.value.as_str(), it.offset as usize, it.outside));
    (opinion.pool.as_deref().zip(opinion.strength), marks.collect())
}

/// The built-in registry, its entries in another order.
fn shuffled() -> impl Strategy<Value = Registry> {
    let entries: Vec<&str> = BUILTIN.split("[[pool]]").skip(1).collect();
    Just(entries).prop_shuffle().prop_map(|entries| {
        let text: String = entries.iter().map(|entry| format!("[[pool]]{entry}")).collect();
        let files: Vec<_> = [("shuffled", text.as_str())].into_iter().chain(BEHIND).collect();
        Registry::from_files(&files).expect("sound in any order")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_order_of_entries_changes_nothing(
        registry in shuffled(), coinbases in proptest::collection::vec(coinbases(), 20), day in days()
    ) {
        prop_assert_eq!(registry.version(), Registry::builtin().version());
        for coinbase in coinbases {
            prop_assert_eq!(opinion(&registry, &coinbase, day), opinion(Registry::builtin(), &coinbase, day));
        }
    }

    #[test]
    fn an_unrelated_pool_changes_nothing(coinbase in coinbases(), day in days()) {
        let unrelated = "[[pool]]\nslug = \"0unrelated\"\nname = \"U\"\n\
            tag = [{ text = \"no coinbase above ends up holding this\", source = \"simulated\" }]\n";
        let registry = Registry::with_overlay("more", unrelated).expect("sound");
        prop_assert_eq!(opinion(&registry, &coinbase, day), opinion(Registry::builtin(), &coinbase, day));
    }

}

proptest! {
    #[test]
    fn all_evidence_is_there(coinbase in coinbases(), day in days()) {
        let found = opinion(Registry::builtin(), &coinbase, day);
        let first = found.evidence.first().filter(|mark| !mark.outside);
        prop_assert_eq!(found.pool.as_ref(), first.map(|mark| &mark.pool));
        prop_assert_eq!(found.pool.is_some(), found.strength.is_some());
        prop_assert_eq!(found.support().count() + found.conflicts().count(), found.evidence.len());
        // those that do not count stand last
        prop_assert!(found.evidence.is_sorted_by_key(|mark| mark.outside));
        for mark in &found.evidence {
            let pool = Registry::builtin().pool(&mark.pool).expect("of the registry");
            let at = usize::try_from(mark.offset).expect("small");
            match mark.kind {
                EvidenceKind::Tag => {
                    let bytes = &coinbase.script().as_bytes()[at..at + mark.value.len()];
                    prop_assert!(bytes.eq_ignore_ascii_case(mark.value.as_bytes()));
                    prop_assert!(pool.tags.iter().any(|tag| tag.text == mark.value));
                }
                EvidenceKind::Address => {
                    let script = &coinbase.outputs()[at].script_pubkey;
                    prop_assert!(pool.addresses.iter().any(|paid| paid.address == mark.value && paid.script == *script));
                }
            }
        }
    }

    #[test]
    fn the_rules_told_plainly_come_to_the_same(coinbase in prop_oneof![coinbases(), entangled()], day in days()) {
        let registry = &*WITH_ENTANGLED;
        let found = opinion(registry, &coinbase, day);
        prop_assert_eq!(told(&found), plain::opinion(registry, &coinbase, day));
    }

    #[test]
    fn no_script_panics(script in proptest::collection::vec(any::<u8>(), 0..150)) {
        opinion(Registry::builtin(), &coinbase(&script, []), None);
    }
}

/// A step for each pair of marks would be a thousand million steps here.
#[test]
fn a_megabyte_of_marks_is_as_many_marks_as_are_known() {
    let pools = Registry::builtin().pools();
    let scripts: Vec<&ScriptBuf> = pools.iter().flat_map(|pool| &pool.addresses).map(|paid| &paid.script).collect();
    let tags: Vec<&str> = pools.iter().flat_map(|pool| &pool.tags).map(|tag| tag.text.as_str()).collect();
    // of a thousand alike, all would be dust
    let sats = |index| if index < 999 { BTC } else { 0 };
    let outputs = (0..20_000).map(|index| (sats(index), scripts[index % scripts.len()].clone()));
    let script: Vec<u8> = tags.iter().cycle().take(40_000).flat_map(|tag| tag.bytes().chain([0])).collect();
    let found = opinion(Registry::builtin(), &coinbase(&script, outputs), None);
    let of = |kind| found.evidence.iter().filter(move |mark| mark.kind == kind).count();
    assert_eq!(of(EvidenceKind::Address), scripts.len());
    assert_eq!(of(EvidenceKind::Tag), tags.len());
}
