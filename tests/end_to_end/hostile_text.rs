//! Texts of miners and names of pools are anybody's: on no page do they become markup, in no table a formula.

use std::time::Duration;

use anyhow::{Context, Result};
use hashwatch_tests::{Bitcoind, Coinbase, Hashwatch, Miner};

use crate::turn::turn;

const NAME: &str = "x,=HYPERLINK(1);=2<script>alert(1)</script>&amp;";
const TAG: &str = "/<b onclick=x>\\\"quarry'/";

fn overlay() -> Result<String> {
    let entry = |text: &str| toml::Value::String(text.to_owned()).to_string();
    Ok(format!(
        "[[pool]]\nslug = \"hostile\"\nname = {}\ntag = [{{ text = {}, source = \"simulated\" }}]\n",
        entry(NAME),
        entry(TAG)
    ))
}

#[test]
fn hostile_text_stays_text() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    let mut miner = Miner::new(&node)?;
    let texts = [TAG, "=cmd|' /C calc'!A0", "<img src=x onerror=alert(2)> again", "\"]] entry = 'x' \\u0000 quote"];
    let mut tip = None;
    for text in texts.iter().cycle().take(24) {
        tip = Some(miner.mine(&Coinbase::tagged(text))?.hash);
    }
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("hostile.toml");
    std::fs::write(&path, overlay()?)?;
    let mut hashwatch = Hashwatch::following(&node)?.with(["--overlay".as_ref(), path.as_os_str()]);
    hashwatch.run()?;
    hashwatch.wait_for_tip(&tip.context("a tip")?, Duration::from_secs(30))?;
    for page in [
        "/?window=all",
        "/?window=all&by=group",
        "/pools?window=all",
        "/pools/hostile?window=all",
        "/blocks",
        "/blocks?pool=hostile",
        "/blocks/1",
        "/blocks/2",
        "/blocks/3",
        "/unknown?window=all",
        "/miners",
        "/registry",
        "/charts/shares.svg?window=all",
        "/charts/history.svg?window=all",
        "/charts/pool.svg?pool=hostile&window=all",
    ] {
        let answer = hashwatch.get_with(page, &[("Accept", "text/html,image/svg+xml")])?;
        let text = answer.text();
        assert_eq!(answer.status, 200, "{page}: {text}");
        for markup in ["<script>alert", "<img src=x", "<b onclick", "&amp;amp;quot;"] {
            assert!(!text.contains(markup), "{page}: {markup}");
        }
    }
    for table in [
        "/api/v1/pools?window=all",
        "/api/v1/pools/hostile?window=all",
        "/api/v1/blocks",
        "/api/v1/unknown?window=all",
        "/api/v1/registry",
        "/api/v1/shares?window=all",
        "/api/v1/shares?window=all&by=miner",
        "/charts/shares.csv?window=all",
        "/charts/history.csv?window=all",
        "/charts/pool.csv?pool=hostile&window=all",
    ] {
        let table = if table.starts_with("/charts") {
            table.to_owned()
        } else {
            table.to_owned() + if table.contains('?') { "&" } else { "?" } + "format=csv"
        };
        let (head, rows) = crate::pool_pages::csv(&hashwatch.get(&table)?.text())?;
        let is_formula =
            |cell: &String| cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err();
        assert!(!rows.iter().flatten().any(is_formula), "{table}: {rows:?}");
        assert!(!head.contains(",=") && !head.contains(";=") && !head.contains('"'), "{head}");
        assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{table}");
    }
    Ok(())
}
