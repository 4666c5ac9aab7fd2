//! On real coinbases: those among them that no mark of the registry names.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    str::FromStr,
};

use bitcoin::{Address, ScriptBuf, address::NetworkUnchecked, hex::FromHex};
use hashwatch_model::Coinbase;
use hashwatch_registry::{Link, NamedCoinbase, Registry, UnknownCoinbase, clusters};

use super::{entry, named_by};

/// The folder of real coinbases beside the repository; none, with the reason printed, where it is not there.
fn real() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/real/coinbases");
    if folder.is_dir() {
        return Some(folder);
    }
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "no real chain data at {}", folder.display());
    eprintln!("skipped: no real chain data at {}", folder.display());
    None
}

/// What is known of a coinbase.
struct Row {
    coinbase: UnknownCoinbase,
    pool: Option<&'static str>,
}

/// Input script, who is paid, and who gets half, of a whole coinbase or of what is known of it.
fn coinbase(whole: &str, script: &str, addresses: &str) -> (Vec<u8>, Vec<ScriptBuf>, Option<ScriptBuf>) {
    if !whole.is_empty() {
        let coinbase = Coinbase::from_bytes(Vec::from_hex(whole).expect("hex")).expect("a coinbase");
        let half = coinbase.outputs().iter().find(|out| out.value.to_sat() * 2 >= coinbase.reward());
        let paid = coinbase.outputs().iter().map(|out| out.script_pubkey.clone()).collect();
        return (coinbase.script().to_bytes(), paid, half.map(|out| out.script_pubkey.clone()));
    }
    // amounts are not carried: of one address it is sure that it gets half
    let parsed = |text: &str| Address::<NetworkUnchecked>::from_str(text).expect("an address");
    let paid = addresses.split([';', ' ']).filter(|address| !address.is_empty());
    let paid: Vec<ScriptBuf> = paid.map(|text| parsed(text).assume_checked().script_pubkey()).collect();
    let one = if let [one] = paid.as_slice() { Some(one.clone()) } else { None };
    (Vec::from_hex(script).expect("hex"), paid, one)
}

/// Coinbases of a time, from the files with headers.
fn rows(folder: &Path) -> Vec<Row> {
    let mut found = Vec::new();
    for file in ["coinbases_full.csv", "coinbases_scriptsig_stale.csv"] {
        let text = fs::read_to_string(folder.join(file)).expect("readable");
        let mut lines = text.lines();
        let columns: Vec<&str> = lines.next().expect("a header").split(',').collect();
        for line in lines {
            let cells: BTreeMap<&str, &str> = columns.iter().copied().zip(line.split(',')).collect();
            let cell = |name: &str| *cells.get(name).unwrap_or(&"");
            let (script, paid, payout) = coinbase(cell("coinbase_tx"), cell("scriptsig"), cell("addresses"));
            let registry = Registry::builtin();
            let tag = registry.tag_claims(&script).first().map(|claim| claim.pool.slug.as_str());
            let address = paid.iter().find_map(|script| registry.script_claim(script)).map(|it| it.pool.slug.as_str());
            let height = [cell("height"), cell("height_bip34")].into_iter().find_map(|cell| cell.parse().ok());
            let (Some(height), Ok(hash), Ok(time)) = (height, cell("hash").parse(), cell("time").parse()) else {
                continue;
            };
            let coinbase = UnknownCoinbase { height, hash, time, script, payout };
            found.push(Row { coinbase, pool: tag.or(address) });
        }
    }
    found
}

fn told(link: &Link) -> String {
    match link {
        Link::Text(text) => format!(
            "{} in {}{}",
            text.text,
            text.blocks,
            text.pool.as_deref().map_or(String::new(), |pool| format!(" ({pool} too)"))
        ),
        Link::Payout(payout) => format!("paid by {}", payout.blocks),
    }
}

#[test]
fn clusters_of_real_unknowns() {
    let Some(folder) = real() else { return };
    let rows = rows(&folder);
    let (named, unknown): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.pool.is_some());
    let unknown: Vec<UnknownCoinbase> = unknown.iter().map(|row| row.coinbase.clone()).collect();
    let named: Vec<NamedCoinbase> =
        named.iter().filter_map(|row| Some(NamedCoinbase { pool: row.pool?, script: &row.coinbase.script })).collect();
    let found = clusters(&unknown, &named, 14);
    println!(
        "{} unknown, {} named: {} clusters, {} of one block",
        unknown.len(),
        named.len(),
        found.total,
        found.single
    );
    for cluster in &found.ranked {
        let links: Vec<String> = cluster.links.iter().map(told).collect();
        let entry = entry(cluster);
        println!(
            "{} blocks {} to {}: {links:?}\n{}",
            cluster.blocks,
            cluster.first_height,
            cluster.last_height,
            entry.clone().unwrap_or_default()
        );
        if let Some(entry) = entry {
            let named = named_by(&entry, &unknown);
            assert!(!named.is_empty() && named.len() <= cluster.blocks, "{entry}");
            let own = |block: &u32| (cluster.first_height..=cluster.last_height).contains(block);
            assert!(named.iter().all(own), "{named:?} {entry}");
        }
    }
    // docs/methodology/unknown.md has these
    let counts = [rows.len(), unknown.len(), found.total, found.total - found.single];
    assert_eq!(counts, [2_817, 747, 726, 8], "with headers, unknown, clusters, of more than one block");
    // twelve were found: the other has F2Pool's fish beside the same words and the same address
    let pierce = &found.ranked[0];
    assert_eq!((pierce.blocks, pierce.first_height, pierce.last_height), (11, 261_367, 281_334));
    assert_eq!(pierce.links.iter().map(Link::blocks).collect::<Vec<_>>(), [11, 11, 11]);
    assert!(pierce.texts.iter().any(|text| text.text == "Pierce" && text.pool.as_deref() == Some("f2pool")));
    let knox = found.ranked.iter().find(|cluster| cluster.texts.iter().any(|text| text.text == "KnoxPool")).unwrap();
    assert!(entry(knox).unwrap().contains("\"/KnoxPool/\""));
}
