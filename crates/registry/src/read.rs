//! From TOML to pools: every value on its own is right after this, or its problem is on the list.
//!
//! What two entries do to each other is for check.

use std::str::FromStr;

use bitcoin::{Address, address::NetworkUnchecked};

use crate::{
    Entries, dossier,
    fields::{FILE, Fields, Problems},
    marker::marker,
    period::{Period, When},
    pool::{Color, FormerName, PayoutAddress, Pool, SIMULATED, Since, Source, Tag},
    problem::Reason,
    read_behind,
    texts::HEAD,
};

/// A shorter tag turns up by chance; a longer one fits into no input script.
pub(crate) const TAG_BYTES: std::ops::RangeInclusive<usize> = HEAD..=100;

/// What [`read`] reads, each a list of tables.
pub(crate) const KEYS: [&str; 6] = ["pool", "claim", "group", "owner", "miner", "marker"];

/// Reads a file. A claim with a problem is left out; the entries are of use only if there is none.
pub(crate) fn read(file: &str, text: &str, entries: &mut Entries, problems: &mut Problems) {
    let Some(mut fields) = whole(file, text, problems) else { return };
    // an operator's overlay may hold both
    fields.leave(&dossier::KEYS);
    let mut each = |key, read: &mut dyn FnMut(Fields, &mut Problems)| {
        fields.tables(key, problems).into_iter().for_each(|entry| read(entry, problems));
    };
    each("pool", &mut |entry, problems| entries.pools.push(pool(file, entry, problems)));
    each("claim", &mut |entry, problems| entries.claims.extend(claims(file, entry, problems)));
    each("group", &mut |entry, problems| entries.groups.push(read_behind::group(file, entry, problems)));
    each("owner", &mut |entry, problems| entries.owners.push(read_behind::owner(file, entry, problems)));
    each("miner", &mut |entry, problems| entries.miners.push(read_behind::miner(file, entry, problems)));
    each("marker", &mut |entry, problems| entries.markers.extend(marker(file, entry, problems)));
    fields.finish(problems);
}

/// A file as one table, to which the problems that follow belong.
pub(crate) fn whole(file: &str, text: &str, problems: &mut Problems) -> Option<Fields> {
    problems.file(file);
    let table = text.parse::<toml::Table>().map_err(|error| Reason::Syntax(syntax(&error, text)));
    Some(Fields::new(FILE.to_owned(), problems.ok(FILE, table)?))
}

/// The parser's message without the excerpt that it draws, which may be as long as the file's longest line.
fn syntax(error: &toml::de::Error, text: &str) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map_or(1, |before| before.bytes().filter(|&byte| byte == b'\n').count() + 1);
    format!("line {line}: {}", error.message().chars().take(200).collect::<String>())
}

fn pool(file: &str, mut fields: Fields, problems: &mut Problems) -> Pool {
    let slug = slug(&mut fields, "pool", problems);
    let name = name(&mut fields, problems);
    let id = fields.integer("mempool_id", problems).and_then(|id| problems.ok(&fields.entry, mempool_id(id)));
    let link = fields.text("link", problems).and_then(|text| problems.ok(&fields.entry, url(text)));
    let color = fields.table("color", problems).and_then(|fields| color(fields, problems));
    let former = former_names(&mut fields, problems);
    let since = fields.table("since", problems).and_then(|fields| since(fields, problems));
    let (tags, addresses) = marks(file, &mut fields, problems);
    fields.finish(problems);
    let file = file.to_owned();
    Pool { slug, name, former, since, mempool_id: id, link, color, tags, addresses, file }
}

/// More marks of a pool that stands elsewhere.
pub(crate) struct Claims {
    pub(crate) pool: String,
    pub(crate) tags: Vec<Tag>,
    pub(crate) addresses: Vec<PayoutAddress>,
    pub(crate) file: String,
}

fn claims(file: &str, mut fields: Fields, problems: &mut Problems) -> Option<Claims> {
    let pool = fields.required("pool", problems);
    if let Some(pool) = &pool {
        fields.entry = format!("claim on {}", shortened(pool));
    }
    let (tags, addresses) = marks(file, &mut fields, problems);
    fields.finish(problems);
    Some(Claims { pool: pool?, tags, addresses, file: file.to_owned() })
}

/// Tags and addresses. An entry with neither can never be found.
fn marks(file: &str, fields: &mut Fields, problems: &mut Problems) -> (Vec<Tag>, Vec<PayoutAddress>) {
    let (tags, addresses) = (fields.tables("tag", problems), fields.tables("address", problems));
    if tags.is_empty() && addresses.is_empty() {
        problems.add(&fields.entry, Reason::NoMark);
    }
    let tags = tags.into_iter().filter_map(|entry| tag(file, entry, &fields.entry, problems)).collect();
    let addresses = addresses.into_iter().filter_map(|entry| payout(file, entry, &fields.entry, problems)).collect();
    (tags, addresses)
}

/// Names of old, sorted by their ends.
pub(crate) fn former_names(fields: &mut Fields, problems: &mut Problems) -> Vec<FormerName> {
    let entries = fields.tables("former", problems);
    let mut names: Vec<FormerName> = entries.into_iter().filter_map(|entry| former(entry, problems)).collect();
    names.sort_by_key(|former| former.until.last());
    names
}

fn former(mut fields: Fields, problems: &mut Problems) -> Option<FormerName> {
    let name = name(&mut fields, problems);
    let until = fields.required("until", problems).and_then(|text| problems.ok(&fields.entry, when(text)));
    let source = source(&mut fields, problems);
    fields.finish(problems);
    Some(FormerName { name, until: until?, source: source? })
}

fn since(mut fields: Fields, problems: &mut Problems) -> Option<Since> {
    let day = fields.required("day", problems).and_then(|text| problems.ok(&fields.entry, when(text)));
    let source = source(&mut fields, problems);
    fields.finish(problems);
    Some(Since { day: day?, source: source? })
}

/// The keys `from` and `until`.
pub(crate) fn period(fields: &mut Fields, problems: &mut Problems) -> Period {
    let [from, until] =
        ["from", "until"].map(|key| fields.text(key, problems).and_then(|text| problems.ok(&fields.entry, when(text))));
    let period = Period { from, until };
    if period.is_backwards() {
        problems.add(&fields.entry, Reason::Backwards);
    }
    period
}

fn tag(file: &str, mut fields: Fields, pool: &str, problems: &mut Problems) -> Option<Tag> {
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
    let period = period(&mut fields, problems);
    let source = source(&mut fields, problems);
    fields.finish(problems);
    Some(Tag { text: text?, over, period, source: source?, file: file.to_owned() })
}

fn payout(file: &str, mut fields: Fields, pool: &str, problems: &mut Problems) -> Option<PayoutAddress> {
    let payout = fields.required("address", problems).and_then(|text| {
        let short = shortened(&text);
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
    let period = period(&mut fields, problems);
    let source = source(&mut fields, problems);
    fields.finish(problems);
    let (script, address) = payout?;
    Some(PayoutAddress { address, script, period, source: source?, file: file.to_owned() })
}

/// What a tag is called in problems.
pub(crate) fn tag_entry(pool: &str, text: &str) -> String {
    format!("{pool}, tag {text:?}")
}

/// What an address is called in problems.
pub(crate) fn address_entry(pool: &str, address: &str) -> String {
    format!("{pool}, address {address:?}")
}

pub(crate) fn source(fields: &mut Fields, problems: &mut Problems) -> Option<Source> {
    let url = fields.required("source", problems).and_then(|text| {
        let checked = if text == SIMULATED { Ok(text) } else { url(text) };
        problems.ok(&fields.entry, checked)
    });
    let simulated = url.as_deref() == Some(SIMULATED);
    let text = if simulated { fields.text("date", problems) } else { fields.required("date", problems) };
    let date = text.and_then(|text| problems.ok(&fields.entry, when(text)));
    Some(Source { url: url?, date })
}

/// As [`source`], of what is said of real companies: a page that anybody can read.
pub(crate) fn public_source(fields: &mut Fields, problems: &mut Problems) -> Option<Source> {
    let source = source(fields, problems)?;
    let public = if source.url == SIMULATED { Err(Reason::Url(source.url)) } else { Ok(source) };
    problems.ok(&fields.entry, public)
}

fn color(mut fields: Fields, problems: &mut Problems) -> Option<Color> {
    let [light, dark] = ["light", "dark"]
        .map(|theme| fields.required(theme, problems).and_then(|text| problems.ok(&fields.entry, hex_color(text))));
    fields.finish(problems);
    Some(Color { light: light?, dark: dark? })
}

/// The key `slug`, after which the entry is called from then on; empty where it is not one.
pub(crate) fn slug(fields: &mut Fields, what: &str, problems: &mut Problems) -> String {
    let slug = fields.required("slug", problems).and_then(|text| problems.ok(&fields.entry, checked_slug(text)));
    if let Some(slug) = &slug {
        fields.entry = format!("{what} {slug}");
    }
    slug.unwrap_or_default()
}

/// The key `name`; empty where it is not one.
pub(crate) fn name(fields: &mut Fields, problems: &mut Problems) -> String {
    let name = fields.required("name", problems).and_then(|text| problems.ok(&fields.entry, checked_name(text)));
    name.unwrap_or_default()
}

fn checked_slug(text: String) -> Result<String, Reason> {
    let letters = text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    let hyphens = text.starts_with('-') || text.ends_with('-');
    if letters && !hyphens && (1..=40).contains(&text.len()) && text != "unknown" {
        Ok(text)
    } else {
        Err(Reason::Slug(shortened(&text)))
    }
}

pub(crate) fn checked_name(text: String) -> Result<String, Reason> {
    let shown = !text.trim().is_empty() && text.len() <= 100 && !text.contains(char::is_control);
    if shown { Ok(text) } else { Err(Reason::Name) }
}

pub(crate) fn when(text: String) -> Result<When, Reason> {
    When::parse(&text).ok_or_else(|| Reason::When(shortened(&text)))
}

/// As much of a text as a message can bear.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().take(100).collect()
}

fn mempool_id(id: i64) -> Result<u32, Reason> {
    u32::try_from(id).ok().filter(|&id| id > 0).ok_or(Reason::MempoolId(id))
}

fn url(text: String) -> Result<String, Reason> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let good = !host.is_empty() && text.len() <= 500 && text.bytes().all(|byte| byte.is_ascii_graphic());
    if good { Ok(text) } else { Err(Reason::Url(shortened(&text))) }
}

fn hex_color(text: String) -> Result<String, Reason> {
    let digits = text.strip_prefix('#').unwrap_or_default();
    if digits.len() == 6 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        Ok(text)
    } else {
        Err(Reason::Color(shortened(&text)))
    }
}
