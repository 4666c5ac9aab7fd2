//! A notice as one reader sees it, ready to be put in whatever form: its words, its link, what changes for this reader.

use hashwatch_model::{Change, Notice};

/// Characters of a name or a line that comes from elsewhere.
const MOST_CHARS: usize = 300;

/// What is told.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// Changed to what it is for this reader.
    pub(crate) notice: Notice,
    /// One sentence.
    pub(crate) headline: String,
    /// What it rests on, a line each.
    pub(crate) detail: Vec<String>,
    /// The alert's own page.
    pub(crate) link: String,
}

impl Told {
    /// `seen` is what it is to this reader; `base` is the site's URL without a slash at its end.
    pub(crate) fn new(notice: &Notice, seen: Change, base: &str) -> Told {
        let notice = Notice { change: seen, ..notice.clone() };
        let headline = one_line(&headline(&notice));
        let detail = detail(&notice).iter().map(|line| one_line(line)).collect();
        let link = format!("{base}/alerts/{}", notice.alert);
        Told { notice, headline, detail, link }
    }
}

fn headline(notice: &Notice) -> String {
    let name = match notice.subject.name.as_str() {
        "" => notice.subject.kind.as_str(),
        name => name,
    };
    format!("{}: {name}, {}", notice.rule, notice.change.name())
}

fn detail(notice: &Notice) -> Vec<String> {
    let figures = notice.measures.iter().map(|measure| format!("{}: {}", measure.name, measure.value));
    figures.chain([format!("As of block {}", notice.block.height)]).collect()
}

/// Without control characters and line ends, and not endless.
pub(crate) fn one_line(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c });
    plain.take(MOST_CHARS).collect()
}

/// So that a reader's program makes no link of a name that somebody put on the chain.
pub(crate) fn without_links(text: &str) -> String {
    text.replace("://", ":/ /")
}
