//! The workbench of Unknown blocks: which hang together, and that what an entry names is the cluster and nothing else.

mod entries;
mod properties;
mod real;

use std::collections::BTreeSet;

use bitcoin::{BlockHash, ScriptBuf, hashes::Hash, script::PushBytesBuf};
use hashwatch_model::{BlockId, Network};
use hashwatch_registry::{Cluster, Link, NamedCoinbase, Registry, UnknownCoinbase, clusters, day_of};

const DAY: u32 = 24 * 60 * 60;
/// 1 January 2024.
const START: u32 = 1_704_067_200;

/// A block of a height, as many days after the start, with a text behind its height, that pays the n-th payee.
fn block(height: u32, days: u32, text: impl AsRef<[u8]>, payee: Option<u8>) -> UnknownCoinbase {
    let mut hash = [0; 32];
    hash[..4].copy_from_slice(&height.to_le_bytes());
    let script = [&[3], &height.to_le_bytes()[..3], text.as_ref(), &[0xff, 0, 1, 2]].concat();
    let payout = payee.map(pays);
    UnknownCoinbase { height, hash: BlockHash::from_byte_array(hash), time: START + days * DAY, script, payout }
}

/// Script of a payee's own, of the kind that its number tells.
fn pays(payee: u8) -> ScriptBuf {
    let hash = [payee; 20];
    match payee % 4 {
        0 => ScriptBuf::new_p2pkh(&bitcoin::PubkeyHash::from_byte_array(hash)),
        1 => ScriptBuf::new_p2sh(&bitcoin::ScriptHash::from_byte_array(hash)),
        2 => ScriptBuf::new_p2wpkh(&bitcoin::WPubkeyHash::from_byte_array(hash)),
        _ => ScriptBuf::new_p2wsh(&bitcoin::WScriptHash::from_byte_array([payee; 32])),
    }
}

/// Heights of the blocks of each cluster, by the newest first.
fn heights(unknown: &[UnknownCoinbase], named: &[NamedCoinbase<'_>]) -> Vec<Vec<u32>> {
    let found = clusters(unknown, named, usize::MAX);
    found.ranked.iter().map(|cluster| cluster.latest.iter().map(|id| id.height).collect()).collect()
}

/// The page of a block.
fn page(id: &BlockId) -> String {
    format!("https://example.org/block/{}", id.hash)
}

/// What the entry, pasted as it stands into an overlay, names of these blocks.
fn named_by(entry: &str, blocks: &[UnknownCoinbase]) -> BTreeSet<u32> {
    let registry = Registry::with_overlay("own.toml", entry).unwrap_or_else(|errors| panic!("{errors}\n{entry}"));
    let named = blocks.iter().filter(|block| {
        let day = day_of(block.time);
        let tags = registry.tag_claims(&block.script).into_iter();
        let tag = tags.filter(|claim| claim.tag.period.holds_on(day)).any(|claim| claim.pool.file == "own.toml");
        let address = block.payout.as_ref().and_then(|script| registry.script_claim(script));
        tag || address.is_some_and(|claim| claim.pool.file == "own.toml")
    });
    named.map(|block| block.height).collect()
}

fn entry(cluster: &Cluster) -> Option<String> {
    cluster.entry(Registry::builtin(), Network::Mainnet, page)
}

#[test]
fn a_payout_links_whenever_and_a_word_for_half_a_year() {
    let blocks = [
        block(1, 0, "/NewPool/", Some(1)),
        block(2, 181, "/NEWPOOL/eu", None),
        block(3, 182 + 181, "newpool", None),
        block(4, 2_000, "", Some(1)),
        block(5, 2_000, "/other/", Some(2)),
        block(6, 2_000, "/other", None),
    ];
    // from the second to the third it is 182 days
    assert_eq!(heights(&blocks, &[]), [vec![4, 2, 1], vec![6, 5], vec![3]]);
    let mut nearer = blocks.clone();
    nearer[2].time -= 1;
    assert_eq!(heights(&nearer, &[]), [vec![4, 3, 2, 1], vec![6, 5]]);
}

#[test]
fn a_cluster_is_told() {
    let blocks = [
        block(10, 5, "/NewPool/ node-a", Some(1)),
        block(11, 4, "/newpool/ node-b", Some(1)),
        block(12, 6, "/NewPool/ node-a", Some(2)),
        block(13, 7, "/NewPool/", None),
        block(14, 7, "\u{1}\u{2}", None),
    ];
    let found = clusters(&blocks, &[], 1);
    assert_eq!((found.total, found.single, found.ranked.len()), (2, 1, 1));
    let cluster = &found.ranked[0];
    assert_eq!((cluster.blocks, cluster.first_height, cluster.last_height), (4, 10, 13));
    assert_eq!((cluster.first_time, cluster.last_time), (START + 4 * DAY, START + 7 * DAY));
    let texts: Vec<_> = cluster.texts.iter().map(|text| (text.text.as_str(), text.blocks)).collect();
    assert_eq!(texts, [("NewPool", 4), ("node-a", 2)]);
    let payouts: Vec<_> = cluster.payouts.iter().map(|payout| (payout.script.clone(), payout.blocks)).collect();
    assert_eq!(payouts, [(pays(1), 2), (pays(2), 1)]);
    assert_eq!(cluster.latest.iter().map(|id| id.height).collect::<Vec<_>>(), [13, 12, 11, 10]);
    assert_eq!(cluster.links.iter().map(Link::blocks).collect::<Vec<_>>(), [4, 2, 2]);
    assert!(matches!(&cluster.links[1], Link::Text(text) if text.text == "node-a"));
    assert!(matches!(&cluster.links[2], Link::Payout(payout) if payout.script == pays(1)));
}

/// Signalling and the words of all miners link nothing; what one known pool writes does, and it is said whose it is.
#[test]
fn words_of_two_pools_are_nobodys() {
    let blocks = [block(1, 0, "/P2SH/ Mined by one", None), block(2, 0, "mined by two /p2sh/", None)];
    let scripts = [block(3, 0, "/P2SH/Mined by AntPool/", None), block(4, 0, "/Mined by someone/P2SH", None)];
    let named =
        |pools: [&'static str; 2]| [0, 1].map(|at| NamedCoinbase { pool: pools[at], script: &scripts[at].script });
    assert_eq!(heights(&blocks, &named(["antpool", "viabtc"])).len(), 2);
    let found = clusters(&blocks, &named(["antpool", "antpool"]), 9);
    assert_eq!((found.total, found.ranked[0].links.len()), (1, 2));
    assert!(found.ranked[0].texts.iter().all(|text| text.pool.as_deref() == Some("antpool")));
    assert_eq!(entry(&found.ranked[0]), None, "a pool's own words are no mark of another");
}

/// Who burns a reward, or leaves it to anybody, shares nothing with others who do.
#[test]
fn burnt_rewards_link_nothing() {
    let burnt = ScriptBuf::new_op_return(PushBytesBuf::try_from(b"burnt".to_vec()).unwrap());
    for script in [burnt, ScriptBuf::new()] {
        let mut blocks = [block(1, 0, "", None), block(2, 0, "", None)];
        blocks.iter_mut().for_each(|block| block.payout = Some(script.clone()));
        let found = clusters(&blocks, &[], 9);
        assert_eq!(found.total, 2);
        assert_eq!(entry(&found.ranked[0]), None);
    }
}

#[test]
fn nothing_comes_of_nothing() {
    assert_eq!(clusters(&[], &[], 9).total, 0);
    let found = clusters(&[block(1, 0, "", None)], &[], 0);
    assert_eq!((found.total, found.single, found.ranked.len()), (1, 1, 0));
}

/// Scripts full of words: the same ones in all blocks, or each word in a run of fifteen blocks.
#[test]
fn full_scripts_are_no_trouble() {
    let chained = |first: u32| (first..first + 15).map(letters).collect::<Vec<_>>().join(" ");
    let same = |_: u32| chained(0);
    for text in [&same as &dyn Fn(u32) -> String, &chained] {
        let blocks: Vec<_> = (0..2_000).map(|at| block(at, at / 144, text(at), None)).collect();
        let found = clusters(&blocks, &[], 100);
        assert_eq!((found.total, found.ranked[0].blocks), (1, 2_000));
        assert!(found.ranked[0].links.len() >= 15 && found.ranked[0].links.len() <= 20);
    }
}

/// A number as five letters.
fn letters(number: u32) -> String {
    let letter = |at: u32| "abcdefghijklmnopqrstuvwxyz".as_bytes()[number as usize / 26_usize.pow(at) % 26];
    (0..5).map(|at| char::from(letter(at))).collect()
}
