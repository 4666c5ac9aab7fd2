//! The registry that comes with hashwatch: what it must hold, and its traps.

use std::collections::BTreeSet;

use hashwatch_registry::{Pool, Registry};

fn pool(slug: &str) -> &'static Pool {
    Registry::builtin().pool(slug).unwrap_or_else(|| panic!("{slug} is missing"))
}

fn slugs_in(script: &[u8]) -> Vec<(&'static str, &'static str, usize)> {
    let found = Registry::builtin().tag_claims(script);
    found.into_iter().map(|found| (found.pool.slug.as_str(), found.tag.text.as_str(), found.offset)).collect()
}

#[test]
fn it_holds_the_pools_of_our_time() {
    let registry = Registry::builtin();
    assert!(registry.pools().len() >= 180, "{}", registry.pools().len());
    // found at least one block since 2020, by public counts
    let alive = [
        "1thash",
        "antpool",
        "binancepool",
        "bitfufupool",
        "bitfury",
        "braiinspool",
        "btccom",
        "btctop",
        "bytepool",
        "carbonnegative",
        "dpool",
        "emcdpool",
        "f2pool",
        "foundryusa",
        "huobipool",
        "innopolistech",
        "kanopool",
        "kucoinpool",
        "lubiancom",
        "luxor",
        "marapool",
        "miningcity",
        "miningsquared",
        "nicehash",
        "novablock",
        "ocean",
        "okexpool",
        "okkong",
        "pegapool",
        "poolin",
        "rawpool",
        "redrockpool",
        "sbicrypto",
        "secpool",
        "sigmapoolcom",
        "solock",
        "spiderpool",
        "terrapool",
        "titan",
        "ultimuspool",
        "viabtc",
        "wayicn",
        "whitepool",
        "zulupool",
    ];
    for slug in alive {
        pool(slug);
    }
}

#[test]
fn the_file_is_sorted_by_slug() {
    let text = include_str!("../data/pools.toml");
    let slugs: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("slug = ")).collect();
    assert!(slugs.is_sorted(), "{:?}", slugs.windows(2).find(|pair| pair[0] > pair[1]));
    assert_eq!(slugs.len(), Registry::builtin().pools().len());
}

#[test]
fn slugs_and_numbers_are_those_of_mempools_list() {
    for (slug, id, name) in [
        ("foundryusa", 111, "Foundry USA"),
        ("antpool", 44, "AntPool"),
        ("braiinspool", 43, "Braiins Pool"),
        ("ocean", 142, "OCEAN"),
        ("solock", 49, "Solo CK"),
        ("wayicn", 9, "WAYI.CN"),
    ] {
        assert_eq!((pool(slug).mempool_id, pool(slug).name.as_str()), (Some(id), name));
    }
}

#[test]
fn every_claim_is_found_by_its_own_bytes() {
    let registry = Registry::builtin();
    let mut scripts = BTreeSet::new();
    for pool in registry.pools() {
        for tag in &pool.tags {
            let first = registry.tag_claims(tag.text.to_ascii_uppercase().as_bytes())[0];
            assert_eq!((first.pool, first.tag, first.offset), (pool, tag, 0));
        }
        for payout in &pool.addresses {
            let claim = registry.script_claim(&payout.script).expect("known");
            assert_eq!((claim.pool, claim.address), (pool, payout));
            assert!(scripts.insert(&payout.script));
        }
    }
}

#[test]
fn tags_are_literal_and_case_is_folded() {
    assert_eq!(slugs_in(b"\x03abc/$Mined by 7pool.com/"), [("7pool", "/$Mined by 7pool.com/", 4)]);
    // as regular expressions these would match
    assert_eq!(slugs_in(b"/$Mined by 7poolxcom/"), []);
    assert_eq!(slugs_in(b"tigerpoolxnet OCEANxXYZ 1hash"), []);
    assert_eq!(slugs_in("七彩神仙鱼".as_bytes()), [("f2pool", "七彩神仙鱼", 0)]);
    assert_eq!(slugs_in(b"\xff/vIAbtc/"), [("viabtc", "/ViaBTC/", 1)]);
}

#[test]
fn the_longest_match_comes_first() {
    let found = slugs_in(b"/ViaBTC/TATMAS Pool/");
    assert_eq!(found, [("tatmaspool", "/ViaBTC/TATMAS Pool/", 0), ("viabtc", "/ViaBTC/", 0)]);
    // wayicn's tag ends as BTC.TOP's does, without being one
    assert_eq!(slugs_in(b"/E2M & BTC.TOP/"), [("wayicn", "/E2M & BTC.TOP/", 0)]);
}
