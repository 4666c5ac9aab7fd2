//! What holds for every coinbase and every registry.

use bitcoin::ScriptBuf;
use hashwatch_model::{Coinbase, EvidenceKind};
use hashwatch_registry::Registry;
use proptest::{prelude::*, sample::Index};

use super::coinbase;
use crate::opinion;

const BUILTIN: &str = include_str!("../../../registry/data/pools.toml");

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
        Registry::from_toml("shuffled", &text).expect("sound in any order")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_order_of_entries_changes_nothing(registry in shuffled(), coinbases in proptest::collection::vec(coinbases(), 20)) {
        prop_assert_eq!(registry.version(), Registry::builtin().version());
        for coinbase in coinbases {
            prop_assert_eq!(opinion(&registry, &coinbase), opinion(Registry::builtin(), &coinbase));
        }
    }

    #[test]
    fn an_unrelated_pool_changes_nothing(coinbase in coinbases()) {
        let unrelated = "[[pool]]\nslug = \"0unrelated\"\nname = \"U\"\n\
            tag = [{ text = \"no coinbase above ends up holding this\", source = \"simulated\" }]\n";
        let registry = Registry::from_toml("more", &format!("{unrelated}{BUILTIN}")).expect("sound");
        prop_assert_eq!(opinion(&registry, &coinbase), opinion(Registry::builtin(), &coinbase));
    }

}

proptest! {
    #[test]
    fn all_evidence_is_there(coinbase in coinbases()) {
        let found = opinion(Registry::builtin(), &coinbase);
        prop_assert_eq!(found.pool.as_ref(), found.evidence.first().map(|mark| &mark.pool));
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
        opinion(Registry::builtin(), &coinbase(&script, []));
    }
}
