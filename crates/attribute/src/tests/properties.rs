//! What holds for every coinbase and every registry.

use bitcoin::ScriptBuf;
use hashwatch_model::{Coinbase, EvidenceKind};
use hashwatch_registry::{Registry, day_of};
use jiff::civil::Date;
use proptest::{prelude::*, sample::Index};

use super::coinbase;
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
    let pools = Registry::builtin().pools();
    let tags: Vec<Vec<u8>> =
        pools.iter().flat_map(|pool| &pool.tags).map(|tag| tag.text.clone().into_bytes()).collect();
    let scripts: Vec<ScriptBuf> =
        pools.iter().flat_map(|pool| &pool.addresses).map(|payout| payout.script.clone()).collect();
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
    fn no_script_panics(script in proptest::collection::vec(any::<u8>(), 0..150)) {
        opinion(Registry::builtin(), &coinbase(&script, []), None);
    }
}
