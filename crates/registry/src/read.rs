//! From TOML to pools: every value on its own is right after this, or its problem is on the list.
//!
//! What two entries do to each other is for check.

use std::str::FromStr;

use bitcoin::{Address, address::NetworkUnchecked};
use jiff::civil::{Date, date};

use crate::{
    fields::{FILE, Fields, Problems},
    pool::{Color, PayoutAddress, Pool, SIMULATED, Source, Tag},
    problem::{Problem, Reason},
};

/// A shorter tag turns up by chance; a longer one fits into no input script.
const TAG_BYTES: std::ops::RangeInclusive<usize> = 3..=100;

/// The day of the genesis block: nobody can have claimed anything before.
const GENESIS: Date = date(2009, 1, 3);

/// Reads the pools of a file. A claim with a problem is left out; the pools are of use only if there is none.
pub(crate) fn read(file: &str, text: &str) -> (Vec<Pool>, Vec<Problem>) {
    let mut problems = Problems::new(file);
    let mut pools = Vec::new();
    match text.parse::<toml::Table>() {
        Err(error) => problems.add(FILE, Reason::Syntax(syntax(&error, text))),
        Ok(table) => {
            let mut fields = Fields::new(FILE.to_owned(), table);
            for entry in fields.tables("pool", &mut problems) {
                pools.push(pool(entry, &mut problems));
            }
            fields.finish(&mut problems);
        }
    }
    (pools, problems.into_inner())
}

/// The parser's message without the excerpt that it draws, which may be as long as the file's longest line.
fn syntax(error: &toml::de::Error, text: &str) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map_or(1, |before| before.bytes().filter(|&byte| byte == b'\n').count() + 1);
    format!("line {line}: {}", error.message().chars().take(200).collect::<String>())
}

fn pool(mut fields: Fields, problems: &mut Problems<'_>) -> Pool {
    let slug = fields.required("slug", problems).and_then(|text| problems.ok(&fields.entry, slug(text)));
    if let Some(slug) = &slug {
        fields.entry = format!("pool {slug}");
    }
    let name = fields.required("name", problems).and_then(|text| problems.ok(&fields.entry, name(text)));
    let id = fields.integer("mempool_id", problems).and_then(|id| problems.ok(&fields.entry, mempool_id(id)));
    let link = fields.text("link", problems).and_then(|text| problems.ok(&fields.entry, url(text)));
    let color = fields.table("color", problems).and_then(|fields| color(fields, problems));
    let (tags, addresses) = (fields.tables("tag", problems), fields.tables("address", problems));
    if tags.is_empty() && addresses.is_empty() {
        problems.add(&fields.entry, Reason::NoMark);
    }
    let pool = Pool {
        slug: slug.unwrap_or_default(),
        name: name.unwrap_or_default(),
        mempool_id: id,
        link,
        color,
        tags: tags.into_iter().filter_map(|entry| tag(entry, &fields.entry, problems)).collect(),
        addresses: addresses.into_iter().filter_map(|entry| payout(entry, &fields.entry, problems)).collect(),
    };
    fields.finish(problems);
    pool
}

fn tag(mut fields: Fields, pool: &str, problems: &mut Problems<'_>) -> Option<Tag> {
    let text = fields.required("text", problems).and_then(|text| {
        if TAG_BYTES.contains(&text.len()) {
            fields.entry = tag_entry(pool, &text);
            Some(text)
        } else {
            problems.add(&fields.entry, Reason::TagLength(text.len()));
            None
        }
    });
    let over = fields.texts("over", problems);
    let source = source(&mut fields, problems);
    fields.finish(problems);
    Some(Tag { text: text?, over, source: source? })
}

fn payout(mut fields: Fields, pool: &str, problems: &mut Problems<'_>) -> Option<PayoutAddress> {
    let payout = fields.required("address", problems).and_then(|text| {
        let short: String = text.chars().take(100).collect();
        fields.entry = address_entry(pool, &short);
        match Address::<NetworkUnchecked>::from_str(&text) {
            // a script is a script: its encoding for one network or another is nothing to us
            Ok(address) => Some((address.assume_checked().script_pubkey(), text)),
            Err(error) => {
                problems.add(&fields.entry, Reason::Address { address: short, reason: error.to_string() });
                None
            }
        }
    });
    let source = source(&mut fields, problems);
    fields.finish(problems);
    let (script, address) = payout?;
    Some(PayoutAddress { address, script, source: source? })
}

/// What a tag is called in problems.
pub(crate) fn tag_entry(pool: &str, text: &str) -> String {
    format!("{pool}, tag {text:?}")
}

/// What an address is called in problems.
pub(crate) fn address_entry(pool: &str, address: &str) -> String {
    format!("{pool}, address {address:?}")
}

fn source(fields: &mut Fields, problems: &mut Problems<'_>) -> Option<Source> {
    let url = fields.required("source", problems).and_then(|text| {
        let checked = if text == SIMULATED { Ok(text) } else { url(text) };
        problems.ok(&fields.entry, checked)
    });
    let simulated = url.as_deref() == Some(SIMULATED);
    let text = if simulated { fields.text("date", problems) } else { fields.required("date", problems) };
    let date = text.and_then(|text| problems.ok(&fields.entry, day(text)));
    Some(Source { url: url?, date })
}

fn color(mut fields: Fields, problems: &mut Problems<'_>) -> Option<Color> {
    let [light, dark] = ["light", "dark"]
        .map(|theme| fields.required(theme, problems).and_then(|text| problems.ok(&fields.entry, hex_color(text))));
    fields.finish(problems);
    Some(Color { light: light?, dark: dark? })
}

fn slug(text: String) -> Result<String, Reason> {
    let letters = text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    let hyphens = text.starts_with('-') || text.ends_with('-');
    if letters && !hyphens && (1..=40).contains(&text.len()) && text != "unknown" {
        Ok(text)
    } else {
        Err(Reason::Slug(text.chars().take(100).collect()))
    }
}

fn name(text: String) -> Result<String, Reason> {
    let shown = !text.trim().is_empty() && text.len() <= 100 && !text.contains(char::is_control);
    if shown { Ok(text) } else { Err(Reason::Name) }
}

fn mempool_id(id: i64) -> Result<u32, Reason> {
    u32::try_from(id).ok().filter(|&id| id > 0).ok_or(Reason::MempoolId(id))
}

fn url(text: String) -> Result<String, Reason> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let good = !host.is_empty() && text.len() <= 500 && text.bytes().all(|byte| byte.is_ascii_graphic());
    if good { Ok(text) } else { Err(Reason::Url(text.chars().take(100).collect())) }
}

fn hex_color(text: String) -> Result<String, Reason> {
    let digits = text.strip_prefix('#').unwrap_or_default();
    if digits.len() == 6 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        Ok(text)
    } else {
        Err(Reason::Color(text.chars().take(100).collect()))
    }
}

fn day(text: String) -> Result<Date, Reason> {
    // the parser takes other forms of ISO 8601 as well; one form is enough for us
    let day = text.parse::<Date>().ok().filter(|day| day.to_string() == text && *day >= GENESIS);
    day.ok_or_else(|| Reason::Date(text.chars().take(100).collect()))
}
