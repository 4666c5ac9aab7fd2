//! Coinbases meant to harm whoever shows them: inert on the page, in JSON, in CSV and in the log.

use std::time::Duration;

use anyhow::{Context, Result};
use hashwatch_tests::miner::Mined;
use hashwatch_tests::{Bitcoind, Coinbase, Hashwatch, Miner};
use serde_json::json;

use crate::pools::Pools;
use crate::turn::turn;

/// What is written, and what a reader may see of it.
const TEXTS: [(&[u8], &str); 19] = [
    (b"<script>alert(1)</script>", "<script>alert(1)</script>"),
    (b"\"><img src=x onerror=alert(2)>", "\"><img src=x onerror=alert(2)>"),
    (b"</code></td></table><h1>Mined by us</h1>", "</code></td></table><h1>Mined by us</h1>"),
    (b"' onmouseover='alert(3)", "' onmouseover='alert(3)"),
    (b"javascript:alert(4)//", "javascript:alert(4)//"),
    (b"&lt;b&gt; &amp; &#60;i&#62;", "&lt;b&gt; &amp; &#60;i&#62;"),
    (b"{{ 7 * 7 }}{% block x %}", "{{ 7 * 7 }}{% block x %}"),
    (b"=HYPERLINK(\"http://x.invalid\")", "=HYPERLINK(\"http://x.invalid\")"),
    (b"+1+cmd|' /C calc'!A0", "+1+cmd|' /C calc'!A0"),
    (b"@SUM(1+1)*9", "@SUM(1+1)*9"),
    (b"-2+3+evil", "-2+3+evil"),
    (b"one\x00two\x07\x08\x1b[31mthree\r\nfour", "[31mthree four"),
    (b"\xff\xfe\x80valid text\xc3\x28\xf0\x9f", "valid text"),
    (b"\xc0\xbcscript\xc0\xbe overlong", "script overlong"),
    ("\u{202e}gnp.exe\u{202c} turned".as_bytes(), "gnp.exe turned"),
    ("zero\u{200b}width\u{feff}signs\u{2028}line".as_bytes(), "zero width signs line"),
    ("\u{9b}31m C1 \u{85}control".as_bytes(), "31m C1 control"),
    (&[0xff; 98], ""),
    (&[0x00; 98], ""),
];

fn mine(miner: &mut Miner) -> Result<Vec<Mined>> {
    // past the heights whose own bytes could read as text
    miner.mine_blocks(130)?;
    let coinbase = |text: &[u8]| {
        // a control byte parts the text from the height and from the extra nonce
        let room = text.len() < 90;
        let parts: [&[u8]; 3] = if room { [b"\x01", text, b"\x01"] } else { [b"", &text[..97], b""] };
        Coinbase::tagged(parts.concat())
    };
    TEXTS.iter().map(|(text, _)| miner.mine(&coinbase(text))).collect()
}

#[test]
fn hostile_coinbases_are_inert() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    let mut miner = Miner::new(&node)?;
    let mut mined = mine(&mut miner)?;
    // a text beside a real pool's mark takes nothing from it
    let mut beside = Pools::read().signed_by("f2pool").coinbase;
    beside.tag.extend(b"\x01<b>bold</b>\xff");
    let beside = miner.mine(&beside)?;
    let mut hashwatch = Hashwatch::following(&node)?;
    hashwatch.run()?;
    hashwatch.wait_for_tip(&beside.hash, Duration::from_secs(30))?;

    for (mined, (_, shown)) in mined.iter().zip(TEXTS) {
        let found = hashwatch.get_json(&format!("/api/v1/blocks/{}", mined.hash))?;
        assert_eq!(found["coinbase"]["script_hex"], mined.block.txdata[0].input[0].script_sig.to_hex_string());
        assert_eq!(found["coinbase"]["text"], shown, "{found}");
        assert_eq!(found["attribution"]["pool"], json!(null));
    }
    assert_eq!(mined[17].block.txdata[0].input[0].script_sig.len(), 100);
    let found = hashwatch.get_json(&format!("/api/v1/blocks/{}", beside.hash))?;
    assert_eq!(found["attribution"]["pool"], "f2pool");
    mined.push(beside);

    // the page has the latest twelve at a time: look as of each few blocks
    for mined in mined.iter().step_by(6).chain(mined.last()) {
        page_is_harmless(&hashwatch, &format!("/?window=all&as_of={}", mined.hash))?;
    }
    for block in &mined {
        block_page_is_harmless(&hashwatch, &format!("/blocks/{}", block.hash))?;
    }
    for chart in ["shares", "history"] {
        let csv = hashwatch.get(&format!("/charts/{chart}.csv?window=all"))?;
        assert_eq!((csv.status, csv.header("content-type")), (200, "text/csv; charset=utf-8"));
        assert!(csv.header("content-disposition").starts_with("attachment"));
        let (_, rows) = crate::pool_pages::csv(&csv.text())?;
        for cell in rows.iter().flatten() {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '"']), "{cell}");
        }
    }
    let log = hashwatch.stderr();
    assert!(!log.contains(|c: char| c.is_control() && c != '\n'), "{log:?}");
    assert!(hashwatch.check()?.status.success());
    hashwatch.terminate()
}

fn page_is_harmless(hashwatch: &Hashwatch, path: &str) -> Result<()> {
    let html = block_page_is_harmless(hashwatch, path)?;
    // what is shown is shown escaped, in the table of the latest blocks
    let latest = html.split("Latest blocks").nth(1).context("the latest blocks")?;
    assert!(latest.contains("alert(") || latest.contains("HYPERLINK") || latest.contains("31m"), "{latest}");
    Ok(())
}

fn block_page_is_harmless(hashwatch: &Hashwatch, path: &str) -> Result<String> {
    let page = hashwatch.get(path)?;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let policy = page.header("content-security-policy").to_owned();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let html = String::from_utf8(page.body).context("the page is UTF-8")?;
    assert!(!html.contains(|c: char| c.is_control() && c != '\n'), "{path}");
    for never in ["<script>", "<img src=x", "<h1>Mined", "<b>", "\" onerror", "' onmouseover='", "\u{202e}", "\u{200b}"]
    {
        assert!(!html.contains(never), "{never:?} on {path}");
    }
    Ok(html)
}
