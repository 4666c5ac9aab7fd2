//! Any dossier: its version and sums do not hang on the order of entries, and nothing panics.

use jiff::civil::date;
use proptest::prelude::*;

use super::{announced, read};

/// Contracts of any amounts, some of them about the first.
fn entries() -> impl Strategy<Value = Vec<String>> {
    let entry = (1..2_000_u32, 1..12_u32, any::<bool>(), 0..3_usize);
    proptest::collection::vec(entry, 1..20).prop_map(|all| {
        let written = all.into_iter().enumerate().map(|(index, (mw, month, about, of))| {
            let of = ["new", "total", "part"][of];
            let about = if about && index > 0 { "about = \"p0\"\n" } else { "" };
            let on = if index == 0 { "2024-12-31".to_owned() } else { format!("2025-{month:02}-01") };
            let figure = format!("figure = [{{ what = \"critical-it-mw\", of = {of:?}, value = {mw} }}]");
            announced(&format!("p{index}"), &on, &format!("{about}{figure}"))
        });
        written.collect()
    })
}

proptest! {
    #[test]
    fn the_order_of_entries_is_nothing(entries in entries(), turn in 0..20_usize) {
        let mut turned = entries.clone();
        turned.rotate_left(turn % entries.len());
        turned.reverse();
        let (one, other) = (read(&entries.concat()).expect("sound"), read(&turned.concat()).expect("sound"));
        prop_assert_eq!(&one, &other);
        prop_assert_eq!(one.version().len(), 16);
        for month in 1..=12 {
            let day = date(2025, month, 1);
            let capacity = one.critical_it_mw_on(day);
            prop_assert!(capacity.announced.low <= capacity.announced.value && capacity.announced.value <= capacity.announced.high);
            prop_assert!(capacity.announced.value <= one.announcements().iter().flat_map(|it| &it.figures).map(|it| it.amount.value).sum());
        }
    }

    #[test]
    fn another_claim_is_another_version(entries in entries(), mw in 2_000..9_999_u32) {
        let text = entries.concat();
        let figure = format!("figure = [{{ what = \"gross-mw\", value = {mw} }}]");
        let more = read(&(text.clone() + &announced("more", "2026", &figure))).expect("sound");
        let less = read(&text).expect("sound");
        prop_assert_ne!(more.version(), less.version());
    }

    #[test]
    fn no_text_panics(text in "[\\PC\n\"=\\[\\]{}.]{0,200}") {
        let _ = read(&text);
    }

    #[test]
    fn no_entry_panics(slug in "\\PC{0,50}", number in any::<f64>(), when in "[0-9Q-]{0,10}") {
        let text = format!(
            "[[announcement]]\nslug = '''{slug}'''\nfigure = [{{ what = 'gross-mw', value = {number:?} }}]\non = '{when}'\n\
             [[value]]\nwhat = 'pue'\nat = '{when}'\nvalue = {number:?}\n"
        );
        prop_assert!(read(&text).is_err());
    }
}
