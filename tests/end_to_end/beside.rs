//! `serve` beside those who come and go: it shares what it has open, and knows the pools of a simulated chain without the chain.

use anyhow::Result;
use hashwatch_tests::Hashwatch;

use crate::turn::turn;

#[test]
fn a_simulated_chains_own_pools_are_known_without_it() -> Result<()> {
    let _turn = turn();
    let home = tempfile::tempdir()?;
    let dir = home.path().join("chain");
    let shown = dir.display().to_string();
    let made = Hashwatch::new()?.command("simulate", ["--blocks", "200", "--out", &shown])?;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    // a chain whose pools are called otherwise than those of any chain made today
    let file = dir.join("pools.toml");
    let pools = std::fs::read_to_string(&file)?.replace("\"sim-", "\"other-").replace("name = \"", "name = \"Other ");
    std::fs::write(&file, pools)?;
    let mut hashwatch = Hashwatch::reading(&dir)?;
    hashwatch.index_once()?;
    std::fs::remove_dir_all(&dir)?;
    hashwatch.serve()?;
    let shares = hashwatch.get_json("/api/v1/shares?window=all")?;
    let rows = shares["shares"].as_array().map_or(&[][..], Vec::as_slice);
    assert!(rows.len() > 3, "{shares}");
    for row in rows {
        let (slug, name) = (row["id"].as_str().unwrap_or_default(), row["name"].as_str().unwrap_or_default());
        assert!(slug.starts_with("other-") && name.starts_with("Other "), "{row}");
        let blocks = hashwatch.get_json(&format!("/api/v1/blocks?pool={slug}&limit=1"))?;
        assert_eq!(blocks["blocks"][0]["attribution"]["name"], name);
    }
    // what it has open is open to others
    let found = hashwatch.check()?;
    assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stderr));
    hashwatch.terminate()
}
