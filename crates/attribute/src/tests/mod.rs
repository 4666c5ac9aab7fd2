//! Tests of the rules: known traps here, properties, and real blocks against other people's word.

mod plain;
mod properties;
mod real;

use bitcoin::{
    Address, Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness, absolute, consensus, transaction,
};
use hashwatch_model::{Attribution, Coinbase, EvidenceKind, Strength};
use hashwatch_registry::Registry;
use jiff::civil::{Date, date};

use crate::opinion;

const ANTPOOL: &str = "12dRugNcdxK39288NjcDV4GX7rMsKCGn6B";
const ANTPOOL_TOO: &str = "15kiNKfDWsq7UsPg87UwxA8rVvWAjzRkYS";
const F2POOL: &str = "1KFHE7w8BhaENAswwryaoccDb6qcT6DbYY";
const MARAPOOL: &str = "15MdAHnkxt9TMC2Rj595hsg8Hnv693pPBB";
/// An example of BIP 173, which pays no pool.
const NOBODY: &str = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";

const BTC: u64 = 100_000_000;

/// The script of an address in any network's encoding.
fn pays(address: &str) -> ScriptBuf {
    address.parse::<Address<_>>().expect("an address").assume_checked().script_pubkey()
}

/// A coinbase of this input script and these outputs in satoshis.
fn coinbase(script: &[u8], outputs: impl IntoIterator<Item = (u64, ScriptBuf)>) -> Coinbase {
    let input = TxIn {
        previous_output: OutPoint::null(),
        script_sig: ScriptBuf::from_bytes(script.to_vec()),
        sequence: Sequence::MAX,
        witness: Witness::new(),
    };
    let outputs =
        outputs.into_iter().map(|(sats, script)| TxOut { value: Amount::from_sat(sats), script_pubkey: script });
    let tx = Transaction {
        version: transaction::Version::ONE,
        lock_time: absolute::LockTime::ZERO,
        input: vec![input],
        output: outputs.collect(),
    };
    Coinbase::from_bytes(consensus::serialize(&tx)).expect("built as a coinbase")
}

fn of(script: &[u8], outputs: &[(u64, &str)]) -> Attribution {
    let outputs = outputs.iter().map(|&(sats, address)| (sats, pays(address)));
    opinion(Registry::builtin(), &coinbase(script, outputs), None)
}

/// The pools that the marks speak for, in order.
fn speaks_for(attribution: &Attribution) -> Vec<&str> {
    assert_eq!(attribution.pool.as_ref(), attribution.evidence.first().map(|mark| &mark.pool));
    attribution.evidence.iter().map(|mark| mark.pool.as_str()).collect()
}

#[test]
fn no_mark_is_unknown() {
    assert_eq!(
        of(b"\x03\x12\x34\x0cgood morning", &[(BTC, NOBODY)]),
        Attribution { pool: None, strength: None, evidence: vec![] }
    );
    assert_eq!(of(b"", &[]).pool, None);
}

#[test]
fn the_evidence_says_what_and_where() {
    let found = of(b"\x03\x12\x34\x0c/f2POOL/", &[(0, NOBODY), (BTC, F2POOL)]);
    let [address, tag] = found.evidence.as_slice() else { panic!("{found:?}") };
    assert_eq!((address.kind, address.value.as_str(), address.offset), (EvidenceKind::Address, F2POOL, 1));
    assert_eq!((tag.kind, tag.value.as_str(), tag.offset), (EvidenceKind::Tag, "F2Pool", 5));
    assert!(found.evidence.iter().all(|mark| mark.source.starts_with("https://")));
}

#[test]
fn a_tag_against_an_address_is_a_conflict_shown_as_such() {
    let found = of(b"/ViaBTC/", &[(BTC, ANTPOOL)]);
    assert_eq!(speaks_for(&found), ["antpool", "viabtc"]);
    // whatever the network's encoding: the script is the same
    let found = of(
        b"/ViaBTC/",
        &[(BTC, &Address::from_script(&pays(ANTPOOL), bitcoin::Network::Regtest).expect("an address").to_string())],
    );
    assert_eq!(speaks_for(&found), ["antpool", "viabtc"]);
}

#[test]
fn the_largest_payout_decides_then_the_first() {
    assert_eq!(speaks_for(&of(b"", &[(BTC, ANTPOOL), (2 * BTC, F2POOL)])), ["f2pool", "antpool"]);
    assert_eq!(speaks_for(&of(b"", &[(BTC, MARAPOOL), (BTC, F2POOL)])), ["marapool", "f2pool"]);
    // each address once, where it is paid most
    let found = of(b"", &[(BTC, F2POOL), (3 * BTC, F2POOL)]);
    assert_eq!(found.evidence.iter().map(|mark| mark.offset).collect::<Vec<_>>(), [1]);
}

#[test]
fn dust_is_no_mark() {
    // pools of 2024 pay 546 satoshis to an address of another's before the reward
    assert_eq!(speaks_for(&of(b"/ViaBTC/", &[(546, ANTPOOL), (3 * BTC, NOBODY)])), ["viabtc"]);
    assert_eq!(speaks_for(&of(b"", &[(546, ANTPOOL), (3 * BTC, F2POOL)])), ["f2pool"]);
    assert_eq!(of(b"", &[(3 * BTC / 1_000, ANTPOOL), (3 * BTC, NOBODY)]).pool, None);
    assert_eq!(of(b"", &[(0, ANTPOOL)]).pool, None);
}

#[test]
fn a_share_of_the_reward_comes_after_the_tags() {
    // Eligius paid its miners in the coinbase (block 313,716), Cointerra's address among them
    let miners = [(2 * BTC, NOBODY), (BTC, ANTPOOL)];
    assert_eq!(speaks_for(&of(b"\x07Eligius", &miners)), ["eligius", "antpool"]);
    assert_eq!(speaks_for(&of(b"", &miners)), ["antpool"]);
    // a pool's own addresses count together
    let own = [(BTC, NOBODY), (BTC, ANTPOOL), (BTC, ANTPOOL_TOO)];
    assert_eq!(speaks_for(&of(b"\x07Eligius", &own)), ["antpool", "antpool", "eligius"]);
}

#[test]
fn of_tags_the_longest_decides_then_the_earliest() {
    assert_eq!(speaks_for(&of(b"/slush/ and /SpiderPool/", &[])), ["spiderpool", "braiinspool"]);
    assert_eq!(speaks_for(&of(b"/NovaBlock//BitMinter//bytepool.", &[])), ["novablock", "bitminter"]);
    assert_eq!(speaks_for(&of(b"/slush/ /ultimus/ /Bitfury/ /AAOPOOL/", &[])).first(), Some(&"ultimuspool"));
    assert_eq!(speaks_for(&of(b"/DCEX/ 50BTC cointerra", &[])), ["cointerra", "dcex", "50btc"]);
    // each tag once, where it comes first
    let found = of(b"..BTC Guild..BTC Guild", &[]);
    assert_eq!(found.evidence.iter().map(|mark| mark.offset).collect::<Vec<_>>(), [2]);
}

#[test]
fn a_tag_inside_a_longer_one_says_nothing_of_its_own() {
    assert_eq!(speaks_for(&of(b"/ViaBTC/TATMAS Pool/", &[])), ["tatmaspool"]);
    assert_eq!(speaks_for(&of(b"/ViaBTC/TATMAS Pool/ /ViaBTC/", &[])), ["tatmaspool", "viabtc"]);
    assert_eq!(speaks_for(&of(b"get___emcd", &[])), ["emcdpool"]);
}

#[test]
fn the_registry_can_put_a_tag_over_a_longer_one() {
    assert_eq!(speaks_for(&of(b"Kano /ckpool.org/", &[])), ["kanopool", "ckpool"]);
    assert_eq!(speaks_for(&of(b"/ckpool.org//mined by gbminers/", &[])), ["gbminers", "ckpool"]);
    assert_eq!(speaks_for(&of(b"/solo.ckpool.org/", &[])), ["solock"]);
}

#[test]
fn tags_are_literal() {
    assert_eq!(speaks_for(&of(b"/$Mined by 7pool.com/", &[])), ["7pool"]);
    assert_eq!(of(b"/Mined by 7pool.com/", &[]).pool, None);
    assert_eq!(of(b"/XMined by 7poolXcom/", &[]).pool, None);
    // cut by the extranonce
    assert_eq!(of(b"/Via\x00\x01BTC/", &[]).pool, None);
    assert_eq!(speaks_for(&of(b"<script>/VIABTC/</script>\x00\x1b[31m\xff\xfe", &[])), ["viabtc"]);
    assert_eq!(of(&[0xff; 100], &[]).pool, None);
}

/// Two pools whose marks have their time.
const DATED: &str = "
[[pool]]
slug = \"young\"
name = \"Young\"
since = { day = \"2020-05\", source = \"simulated\" }
tag = [{ text = \"/young/\", source = \"simulated\" }]

[[pool]]
slug = \"moved\"
name = \"Moved\"
tag = [
  { text = \"/the old sign/\", until = \"2015-06-30\", source = \"simulated\" },
  { text = \"/new/\", from = \"2015-07\", source = \"simulated\" },
]
address = [{ address = \"12dRugNcdxK39288NjcDV4GX7rMsKCGn6B\", until = \"2016\", source = \"simulated\" }]

[[pool]]
slug = \"heir\"
name = \"Heir\"
tag = [{ text = \"/heir/\", source = \"simulated\" }]
";

#[test]
fn a_mark_counts_only_in_its_time() {
    let registry = Registry::from_toml("dated", DATED).expect("sound");
    let on = |day, script: &[u8], outputs: &[(u64, &str)]| {
        let outputs = outputs.iter().map(|&(sats, address)| (sats, pays(address)));
        opinion(&registry, &coinbase(script, outputs), day)
    };
    // before the pool was there
    let early = on(Some(date(2020, 4, 30)), b"/young/", &[]);
    assert_eq!((early.pool.as_deref(), early.strength), (None, None));
    assert_eq!(
        early.evidence.iter().map(|mark| (mark.pool.as_str(), mark.outside)).collect::<Vec<_>>(),
        [("young", true)]
    );
    assert_eq!(early.conflicts().count(), 1);
    assert_eq!(on(Some(date(2020, 5, 1)), b"/young/", &[]).pool.as_deref(), Some("young"));
    assert_eq!(on(None, b"/young/", &[]).pool.as_deref(), Some("young"), "nobody said when");
    // a longer tag that has had its day loses to a shorter one, and an address to a tag
    let late = on(Some(date(2017, 1, 1)), b"/the old sign/ /heir/", &[(BTC, ANTPOOL)]);
    assert_eq!(late.pool.as_deref(), Some("heir"));
    assert_eq!(late.strength, Some(Strength::Fair), "what does not count contradicts nothing");
    assert_eq!(late.conflicts().map(|mark| mark.kind).collect::<Vec<_>>(), [EvidenceKind::Tag, EvidenceKind::Address]);
    let then = on(Some(date(2015, 6, 30)), b"/the old sign/ /heir/", &[(BTC, ANTPOOL)]);
    assert_eq!((then.pool.as_deref(), then.strength), (Some("moved"), Some(Strength::Fair)));
}

#[test]
fn strength_follows_from_what_decides_and_what_contradicts() {
    let strength = |script: &[u8], outputs: &[(u64, &str)]| of(script, outputs).strength;
    assert_eq!(strength(b"/f2pool/", &[(BTC, F2POOL)]), Some(Strength::Strong));
    assert_eq!(strength(b"", &[(BTC, F2POOL)]), Some(Strength::Strong));
    assert_eq!(strength(b"/ViaBTC/", &[(BTC, F2POOL)]), Some(Strength::Fair), "contradicted by a tag");
    assert_eq!(strength(b"/ViaBTC/", &[(BTC, NOBODY)]), Some(Strength::Fair));
    assert_eq!(strength(b"/ViaBTC/ /slush/", &[]), Some(Strength::Weak));
    assert_eq!(strength(b"/ViaBTC/", &[(BTC, F2POOL), (2 * BTC, NOBODY)]), Some(Strength::Weak));
    assert_eq!(strength(b"", &[(BTC, F2POOL), (2 * BTC, NOBODY)]), Some(Strength::Weak), "a lesser share");
    assert_eq!(strength(b"", &[(BTC, NOBODY)]), None);
}

/// Input script, outputs, day, and pool and strength.
type Case<'a> = (&'a [u8], &'a [(u64, &'a str)], Option<Date>, &'a str);

/// What the rules make of a dozen coinbases. Whoever changes a line here has changed the rules, and raises `RULES` in the
/// registry's version, so that stored opinions are formed anew.
#[test]
fn the_rules_are_those_of_their_number() {
    let registry = Registry::from_toml("dated", DATED).expect("sound");
    let old = Some(date(2012, 1, 1));
    let new = Some(date(2024, 1, 1));
    let cases: [Case<'_>; 12] = [
        (b"/heir/", &[], new, "heir fair"),
        (b"/HEIR/", &[(BTC, NOBODY)], new, "heir fair"),
        (b"/heir/ /new/", &[], new, "heir weak"),
        (b"/new/ /heir/", &[], new, "heir weak"),
        (b"/young/ /heir/", &[], new, "young weak"),
        (b"/young/ /heir/", &[], old, "heir fair"),
        (b"/the old sign/ /heir/", &[], old, "moved weak"),
        (b"/heir/", &[(BTC, ANTPOOL)], old, "moved fair"),
        (b"/heir/", &[(BTC, ANTPOOL), (BTC + 1, NOBODY)], old, "heir weak"),
        (b"", &[(BTC, ANTPOOL), (BTC + 1, NOBODY)], old, "moved weak"),
        (b"", &[(546, ANTPOOL)], old, "-"),
        (b"", &[(BTC, ANTPOOL)], new, "-"),
    ];
    for (script, outputs, day, expected) in cases {
        let outputs = outputs.iter().map(|&(sats, address)| (sats, pays(address)));
        let found = opinion(&registry, &coinbase(script, outputs), day);
        let said = match (found.pool, found.strength) {
            (Some(pool), Some(strength)) => format!("{pool} {}", strength.name()),
            _ => "-".to_owned(),
        };
        assert_eq!(said, expected, "{}", String::from_utf8_lossy(script));
    }
}
