//! What is pasted from the workbench into an overlay.

use super::*;

/// The only cluster of these blocks, among others that it must not name.
fn only(blocks: &[UnknownCoinbase]) -> Cluster {
    let mut found = clusters(blocks, &[], 9);
    assert_eq!(found.total, 1, "{:?}", found.ranked);
    found.ranked.remove(0)
}

#[test]
fn an_ordinary_pool() {
    let blocks = [
        block(840_000, 0, "/NewPool/eu-1/", Some(4)),
        block(840_001, 1, "/NewPool/us-2/", Some(4)),
        block(840_002, 2, "x/newpool/us-2/", Some(5)),
        block(840_003, 2, "", Some(4)),
        block(840_004, 2, "/another one/", Some(7)),
    ];
    let found = clusters(&blocks, &[], 9);
    let entry = entry(&found.ranked[0]).unwrap();
    let (newest, paid) = (page(&found.ranked[0].latest[0]), page(&found.ranked[0].latest[1]));
    let address = bitcoin::Address::from_script(&pays(4), bitcoin::Network::Bitcoin).unwrap();
    assert_eq!(
        entry,
        format!(
            "# names 4 of 4 blocks, heights 840000 to 840003\n[[pool]]\nslug = \"newpool\"\nname = \"newpool\"\ntag = [\n  \
             {{ text = \"/newpool/\", source = \"{paid}\", date = \"2024-01-03\" }},\n]\naddress = [\n  \
             {{ address = \"{address}\", source = \"{newest}\", date = \"2024-01-03\" }},\n]\n"
        )
    );
    assert_eq!(named_by(&entry, &blocks), BTreeSet::from([840_000, 840_001, 840_002, 840_003]));
}

/// Whatever a miner writes, the entry is one that the registry takes, and names these blocks alone.
#[test]
fn hostile_texts() {
    for text in [
        "\"quoted\" \"name\"",
        "back\\slash\\\\n\\u0041name",
        "]]\n[[pool]] evil = \"yes\"",
        "''' \"\"\" evil '''",
        "<script>alert('evil')</script>",
        "七彩神仙魚池",
        "#evil comment = { }",
        "${evil} %s {{evil}} `evil`",
        "\u{202e}livesdrawkcab\u{202c}",
        "evil\u{0}\u{1}\u{7f}\u{85}name",
        "/unknown/",
        "/Evil/",
        "a\u{301}e\u{301}i\u{301}o\u{301}name",
    ] {
        let others = block(4, 1, "/somebody else/", Some(1));
        let blocks = [block(1, 0, text, None), block(2, 1, text, None), block(3, 1, text, None), others];
        let found = clusters(&blocks, &[], 9);
        let entry = entry(&found.ranked[0]).unwrap_or_else(|| panic!("{text:?}: {:?}", found.ranked[0]));
        assert_eq!(named_by(&entry, &blocks), BTreeSet::from([1, 2, 3]), "{text:?}: {entry}");
        assert!(entry.lines().all(|line| !line.contains(char::is_control)), "{text:?}: {entry}");
    }
}

/// Parts and wholes of known tags, too short ones, and ones that others write.
#[test]
fn no_entry_without_a_sound_mark() {
    let p2pk = ScriptBuf::from_hex(&format!("21{}ac", "02".repeat(33))).unwrap();
    for text in ["/ViaBTC/", "viabtc", "Pool", "Mined by AntPool", "ab", "\u{1}", ""] {
        let mut blocks = [block(1, 0, text, None), block(2, 1, text, None)];
        blocks.iter_mut().for_each(|block| block.payout = Some(p2pk.clone()));
        assert_eq!(entry(&only(&blocks)), None, "{text:?}");
    }
    // what one block has, or two, must be meant as text
    assert_eq!(entry(&only(&[block(1, 0, "aQcv", None), block(2, 0, "aQcv", None)])), None);
    assert_eq!(entry(&only(&[block(1, 0, "aQcv", None)])), None);
    assert!(entry(&only(&[block(1, 0, "/aQcv/", None)])).is_some());
    assert!(entry(&only(&[block(1, 0, "aQcvname", None)])).is_some());
}

#[test]
fn a_source_must_be_public() {
    let cluster = only(&[block(1, 0, "/NewPool/", Some(1)), block(2, 0, "/NewPool/", Some(1))]);
    let from = |source: &str| cluster.entry(Registry::builtin(), Network::Sim, |_| source.to_owned());
    assert!(from("ftp://example.org").is_none() && from("").is_none() && from("https://a b").is_none());
    let simulated = from(hashwatch_registry::SIMULATED).unwrap();
    // the encoding of a network that is nobody's
    assert!(simulated.contains("address = \"2"), "{simulated}");
    Registry::with_overlay("own.toml", &simulated).unwrap();
}

/// A text that another had a year before, and one that another has a year later.
#[test]
fn a_text_that_comes_again_is_bounded() {
    let twice =
        |days: u32, height: u32| [block(height, days, "/again/", None), block(height + 1, days + 1, "/again/", None)];
    let blocks = [twice(0, 1), twice(400, 11), twice(800, 21)].concat();
    let found = clusters(&blocks, &[], 9);
    assert_eq!(found.total, 3);
    for (cluster, from, until) in
        [(0, Some("2026-03-11"), None), (1, Some("2025-02-04"), Some("2025-02-05")), (2, None, Some("2024-01-02"))]
    {
        let entry = entry(&found.ranked[cluster]).unwrap();
        let bound = |key: &str, day: Option<&str>| match day {
            Some(day) => entry.contains(&format!("{key} = \"{day}\"")),
            None => !entry.contains(&format!("{key} = ")),
        };
        assert!(bound("from", from) && bound("until", until), "{entry}");
        let heights = found.ranked[cluster].latest.iter().map(|id| id.height).collect();
        assert_eq!(named_by(&entry, &blocks), heights);
    }
}

/// A pool that pays its miners directly: its tag is its own, their addresses are not.
#[test]
fn addresses_paid_once_are_anybodys() {
    let blocks: Vec<_> = (0..30).map(|at| block(at.into(), 1, "/solo pool/", Some(at / 2 * 2 % 26))).collect();
    let entry = entry(&only(&blocks)).unwrap();
    let paid = |entry: &str| entry.matches("{ address =").count();
    assert_eq!(paid(&entry), 13);
    let once: Vec<_> = (0..30).map(|at| block(at.into(), 1, "/solo pool/", Some(at))).collect();
    let entry = super::entry(&only(&once)).unwrap();
    assert_eq!(paid(&entry), 0);
    assert_eq!(named_by(&entry, &once).len(), 30);
    let many: Vec<_> = (0..80).map(|at| block(at.into(), 1, "/big pool/", Some(at / 2))).collect();
    assert_eq!(paid(&super::entry(&only(&many)).unwrap()), 20);
}

/// A chain of words names all of its blocks by more tags than one.
#[test]
fn more_tags_where_one_leaves_blocks_unnamed() {
    let texts = ["/first/", "/first/second/", "/second/third/", "/third/", "/third/"];
    let blocks: Vec<_> = texts.iter().zip(1..).map(|(text, height)| block(height, 0, text, None)).collect();
    let entry = entry(&only(&blocks)).unwrap();
    assert_eq!(entry.matches("text =").count(), 2, "{entry}");
    assert_eq!(named_by(&entry, &blocks).len(), 5);
}

/// A slug that nobody has, of the text, the address or the height.
#[test]
fn slugs_are_free() {
    let slug = |blocks: &[UnknownCoinbase], registry: &Registry| {
        let entry = only(blocks).entry(registry, Network::Mainnet, page).unwrap();
        entry.lines().nth(2).unwrap().trim_start_matches("slug = ").trim_matches('"').to_owned()
    };
    let pair = |text: &str, payee| [block(7, 0, text, payee), block(8, 0, text, payee)];
    let builtin = Registry::builtin();
    assert_eq!(slug(&pair("/Unknown/", None), builtin), "unknown2");
    assert_eq!(slug(&pair("/F2-Pool/", None), builtin), "f2pool2", "a pool has it");
    assert_eq!(slug(&pair("/CleanSpark/", None), builtin), "cleanspark2", "a miner has it");
    assert_eq!(slug(&pair("七彩神仙魚池", None), builtin), "from7");
    assert!(slug(&pair("七彩神仙魚池", Some(4)), builtin).starts_with('1'));
    assert!(slug(&pair("", Some(5)), builtin).starts_with('3'));
    assert_eq!(slug(&pair(&"long".repeat(20), None), builtin).len(), 32);
    let overlay = only(&pair("/NewPool/", None)).entry(builtin, Network::Mainnet, page).unwrap();
    let with = Registry::with_overlay("own.toml", &overlay).unwrap();
    assert_eq!(slug(&pair("/New-Pool/", None), &with), "newpool2");
}
