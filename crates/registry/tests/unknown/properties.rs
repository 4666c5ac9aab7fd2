//! What holds of any blocks.

use proptest::prelude::*;

use super::*;

/// Blocks that have much in common: few words, payees and times.
fn blocks() -> impl Strategy<Value = Vec<UnknownCoinbase>> {
    let word = prop::sample::select(vec![
        "/abcd/",
        "abcde",
        "/ABCD x/",
        "Pool",
        "\"]]'\\",
        "<i>efgh</i>",
        "七彩神仙魚",
        "/P2SH/",
        " ",
    ]);
    let text = prop::collection::vec(word, 0..4).prop_map(|words| words.concat());
    let payee = prop::option::weighted(0.3, 0..6_u8);
    prop::collection::vec((0..1_000_u32, text, payee), 0..25).prop_map(|all| {
        let blocks = all.into_iter().zip(1..);
        blocks.map(|((days, text, payee), height)| block(height, days, text, payee)).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn every_block_is_in_one_cluster(blocks in blocks()) {
        let found = clusters(&blocks, &[], usize::MAX);
        prop_assert_eq!(found.ranked.iter().map(|cluster| cluster.blocks).sum::<usize>(), blocks.len());
        prop_assert_eq!(found.total, found.ranked.len());
        prop_assert!(found.ranked.is_sorted_by(|one, next| one.blocks >= next.blocks));
        for cluster in &found.ranked {
            prop_assert_eq!(cluster.links.is_empty(), cluster.blocks == 1);
            prop_assert!(cluster.links.iter().all(|link| (2..=cluster.blocks).contains(&link.blocks())));
        }
        let mut turned = blocks;
        turned.reverse();
        prop_assert_eq!(clusters(&turned, &[], usize::MAX), found, "the order of blocks plays no part");
    }

    #[test]
    fn an_entry_names_nothing_else(blocks in blocks()) {
        for cluster in clusters(&blocks, &[], 2).ranked {
            if let Some(entry) = entry(&cluster) {
                let named = named_by(&entry, &blocks);
                // at most ten are told, and an entry may leave some unnamed
                if cluster.blocks <= 10 {
                    let own: BTreeSet<u32> = cluster.latest.iter().map(|id| id.height).collect();
                    prop_assert!(named.is_subset(&own), "{}", entry);
                }
                prop_assert!(!named.is_empty() && named.len() <= cluster.blocks);
            }
        }
    }

    #[test]
    fn any_bytes_are_a_script(scripts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..100), 0..40)) {
        let all: Vec<UnknownCoinbase> = scripts.iter().zip(1..).map(|(script, height)| {
            UnknownCoinbase { script: script.clone(), ..block(height, 0, "", None) }
        }).chain([block(99, 0, "/p2sh/", Some(1))]).collect();
        for cluster in clusters(&all, &[], 2).ranked {
            if let Some(entry) = entry(&cluster) {
                prop_assert!(Registry::with_overlay("own.toml", &entry).is_ok(), "{}", entry);
            }
        }
    }
}
