//! Headlines, and whether they are picked.

use super::*;

fn found_with(terms: &[String], title: &str, text: &str) -> Option<Found> {
    let entry =
        Entry { id: "1".to_owned(), title: title.to_owned(), text: text.to_owned(), link: None, published: None };
    Wanted::new(Registry::builtin(), terms).found(&entry)
}

fn found(title: &str, text: &str) -> Option<Found> {
    found_with(&TERMS.map(str::to_owned), title, text)
}

fn miners(title: &str, text: &str) -> Vec<String> {
    found(title, text).map(|found| found.miners).unwrap_or_default()
}

#[test]
fn a_company_and_a_term_make_a_candidate() {
    let picked = found("IREN signs $9.7bn AI cloud contract", "200MW of GPUs in Childress").unwrap();
    assert_eq!(picked.miners, ["iren"]);
    assert_eq!(picked.by, ["IREN", "AI", "GPU", "MW"]);
    assert_eq!(found("IREN reports October production", "653 coins"), None, "no term");
    assert_eq!(found("Hyperscaler leases 200 MW data center in Texas", "AI and HPC"), None, "no company");
}

#[test]
fn names_of_today_and_of_before() {
    for (title, slug) in [
        ("Cipher Mining's AI lease", "cipher-digital"),
        ("CIPHER DIGITAL: AI lease", "cipher-digital"),
        ("Bitfarms (now Keel) plans AI", "keel-infrastructure"),
        ("AI hosting at Hut 8", "hut-8"),
        ("Bitdeer converts a site to AI", "bitdeer-technologies"),
        ("Iris Energy buys GPUs", "iren"),
    ] {
        assert_eq!(miners(title, ""), [slug], "{title}");
    }
    assert_eq!(miners("TeraWulf and Core Scientific sign AI leases", ""), ["core-scientific", "terawulf"]);
}

#[test]
fn words_are_whole() {
    for title in ["Hut 80 opens with AI", "Cangos and AI", "xIREN and AI", "AI in Canaanite texts", "CORZA with AI"] {
        assert_eq!(miners(title, ""), <[String; 0]>::default(), "{title}");
    }
    for text in ["maintain", "AID", "said", "500 mw", "MWh", "released"] {
        assert_eq!(found("IREN", text), None, "{text}");
    }
    for (text, term) in
        [("500MW", "MW"), ("Data Centers", "data center"), ("GPUs,", "GPU"), ("(HPC)", "HPC"), ("Leases", "lease")]
    {
        assert_eq!(found("IREN", text).map(|found| found.by), Some(vec!["IREN".to_owned(), term.to_owned()]), "{text}");
    }
}

#[test]
fn a_ticker_that_is_a_word_needs_a_mark() {
    for text in [
        "CAN AI DO IT",
        "ANY GPU",
        "RIOT over AI",
        "the HIVE mind of AI",
        "(CAN) bus for AI",
        "NVIDIA DGX GPUs",
        "NEWS: CAN AI",
    ] {
        assert_eq!(miners("", text), <[String; 0]>::default(), "{text}");
    }
    for (text, slug) in [
        ("(Nasdaq: CAN) AI", "canaan"),
        ("(NASDAQ:ANY) AI", "sphere-3d"),
        ("$RIOT AI", "riot-platforms"),
        ("TSX-V : DGX, AI", "digi-power-x"),
        ("(Nasdaq: HUT) (TSX: HUT) AI", "hut-8"),
        ("CORZ soars on AI", "core-scientific"),
        ("BITF AI", "keel-infrastructure"),
    ] {
        assert_eq!(miners("", text), [slug], "{text}");
    }
    assert_eq!(miners("", "corz AI"), <[String; 0]>::default(), "a ticker is in capitals");
}

#[test]
fn terms_are_the_operators() {
    let terms = ["warrant".to_owned()];
    assert_eq!(found_with(&terms, "IREN signs AI lease", ""), None);
    assert_eq!(found_with(&terms, "IREN sells Warrants", "").map(|found| found.by.len()), Some(2));
}

#[test]
fn text_of_any_script_is_looked_through() {
    assert_eq!(miners("\u{130}\u{130}IREN", "AI"), <[String; 0]>::default());
    assert_eq!(miners("\u{ff29}\u{3001}IREN\u{3001}", "\u{4eba}\u{5de5}AI\u{3002} 200MW"), ["iren"]);
}
