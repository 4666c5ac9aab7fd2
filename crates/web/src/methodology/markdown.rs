//! Markdown as HTML for the site: headings with the ids that forges give them, formulas as MathML, tables in boxes that scroll by
//! themselves, links where they lead here. HTML in the Markdown is shown as it is written, never passed through.

use std::{collections::HashMap, fmt::Display};

use math_core::MathDisplay;
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html::push_html};

use super::{
    leads::Lead,
    math::mathml,
    tables::{self, Table},
};

/// Letters of the first sentence that are kept as a page's description.
const OPENING: usize = 200;

/// A text as it is shown.
pub(crate) struct Written {
    /// The first heading.
    pub(crate) title: String,
    /// The first sentence, without marks.
    pub(crate) opening: String,
    /// Headings below the first, to the third level, in order.
    pub(crate) sections: Vec<Section>,
    pub(crate) html: String,
}

/// A heading to jump to.
pub(crate) struct Section {
    pub(crate) id: String,
    pub(crate) words: String,
    /// Of the third level.
    pub(crate) deep: bool,
}

/// A whole text. `lead` says where its links lead.
pub(crate) fn write(markdown: &str, lead: impl Fn(&str) -> Lead) -> Written {
    let options = Options::ENABLE_TABLES | Options::ENABLE_MATH;
    let events: Vec<Event> = Parser::new_ext(markdown, options).collect();
    let mut writer = Writer::new(lead);
    for at in 0..events.len() {
        writer.take(&events, at);
    }
    let mut html = String::new();
    push_html(&mut html, writer.out.into_iter());
    let sentence = writer.opening.find(". ").map_or(writer.opening.as_str(), |end| &writer.opening[..=end]);
    let opening = sentence.chars().take(OPENING).collect();
    Written { title: writer.title, opening, sections: writer.sections, html }
}

/// A few sentences, of which only the marks within a line count. They lead nowhere.
pub(crate) fn inline(markdown: &str) -> String {
    let blocks = |event: &Event| matches!(event, Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph));
    let text = |event| match event {
        Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
        other => other,
    };
    let linked = |event: &Event| {
        matches!(event, Event::Start(Tag::Link { .. } | Tag::Image { .. }) | Event::End(TagEnd::Link | TagEnd::Image))
    };
    let mut html = String::new();
    push_html(&mut html, Parser::new(markdown).filter(|event| !blocks(event) && !linked(event)).map(text));
    html
}

struct Writer<'a, F> {
    lead: F,
    out: Vec<Event<'a>>,
    title: String,
    opening: String,
    /// No paragraph has ended yet.
    opens: bool,
    sections: Vec<Section>,
    ids: HashMap<String, usize>,
    /// The place of the open heading among what is written, and its words.
    heading: Option<(usize, String)>,
    /// What each open link ends with.
    links: Vec<&'static str>,
    table: Table,
    tables: usize,
}

impl<'a, F: Fn(&str) -> Lead> Writer<'a, F> {
    fn new(lead: F) -> Self {
        Writer {
            lead,
            out: Vec::new(),
            title: String::new(),
            opening: String::new(),
            opens: true,
            sections: Vec::new(),
            ids: HashMap::new(),
            heading: None,
            links: Vec::new(),
            table: Table::default(),
            tables: 0,
        }
    }

    fn raw(&mut self, html: impl Into<CowStr<'a>>) {
        self.out.push(Event::InlineHtml(html.into()));
    }

    fn take(&mut self, events: &[Event<'a>], at: usize) {
        self.read_along(&events[at]);
        match events[at].clone() {
            Event::Html(html) | Event::InlineHtml(html) => self.out.push(Event::Text(html)),
            Event::InlineMath(tex) => self.formula(&tex, MathDisplay::Inline),
            Event::DisplayMath(tex) => self.formula(&tex, MathDisplay::Block),
            Event::Start(tag) => self.start(tag, events, at),
            Event::End(tag) => self.end(tag),
            other => self.out.push(other),
        }
    }

    /// Collects the words of headings and of the first paragraph.
    fn read_along(&mut self, event: &Event<'a>) {
        let words = match event {
            Event::Text(text) | Event::Code(text) => text,
            Event::SoftBreak => " ",
            _ => return,
        };
        match &mut self.heading {
            Some((_, heading)) => heading.push_str(words),
            None if self.opens => self.opening.push_str(words),
            None => {}
        }
    }

    fn start(&mut self, tag: Tag<'a>, events: &[Event<'a>], at: usize) {
        match tag {
            Tag::Heading { .. } => {
                self.heading = Some((self.out.len(), String::new()));
                self.out.push(Event::Start(tag));
            }
            Tag::Link { dest_url, .. } => self.link((self.lead)(&dest_url)),
            // no page has any: its words stand for it
            Tag::Image { .. } => {}
            // it scrolls by itself, and is reached by the keyboard
            Tag::CodeBlock(_) => self.raw("<pre tabindex=\"0\"><code>"),
            Tag::Table(alignments) => {
                self.table = Table::of(alignments, &events[at..]);
                let name = self.next_table();
                self.raw(Table::start(&name));
            }
            Tag::TableHead => {
                let head = self.table.start_head();
                self.raw(head);
            }
            Tag::TableRow => {
                let row = self.table.start_row();
                self.raw(row);
            }
            Tag::TableCell => {
                let cell = self.table.start_cell(&events[at..]);
                self.raw(cell);
            }
            other => self.out.push(Event::Start(other)),
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(level) => {
                self.end_heading(level);
                self.out.push(Event::End(tag));
            }
            TagEnd::Paragraph => {
                self.opens &= self.opening.is_empty();
                self.out.push(Event::End(tag));
            }
            TagEnd::Link => {
                let end = self.links.pop().unwrap_or_default();
                self.raw(end);
            }
            TagEnd::Image => {}
            TagEnd::CodeBlock => self.raw("</code></pre>\n"),
            TagEnd::Table => self.raw(tables::END),
            TagEnd::TableHead => self.raw(self.table.end_head()),
            TagEnd::TableRow => self.raw(tables::END_ROW),
            TagEnd::TableCell => self.raw(self.table.end_cell()),
            other => self.out.push(Event::End(other)),
        }
    }

    fn end_heading(&mut self, level: HeadingLevel) {
        let Some((at, words)) = self.heading.take() else { return };
        let id = self.id(&words);
        if let Some(Event::Start(Tag::Heading { id: place, .. })) = self.out.get_mut(at) {
            *place = Some(id.clone().into());
        }
        match level {
            HeadingLevel::H1 if self.title.is_empty() => self.title = words,
            HeadingLevel::H2 | HeadingLevel::H3 => {
                self.sections.push(Section { id, words, deep: level == HeadingLevel::H3 });
            }
            _ => {}
        }
    }

    /// The id that forges give a heading: small letters, blanks as hyphens, signs left out, a number where there was one before.
    fn id(&mut self, words: &str) -> String {
        let kept = words.trim().to_lowercase();
        let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        let id: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let before = self.ids.entry(id.clone()).or_insert(0);
        *before += 1;
        if *before == 1 { id } else { format!("{id}-{}", *before - 1) }
    }

    fn link(&mut self, lead: Lead) {
        let (start, end) = match lead {
            Lead::Here(href) => (format!("<a href=\"{}\">", escaped(&href)), "</a>"),
            Lead::Away(href) => (format!("<a href=\"{}\" rel=\"noreferrer\">", escaped(&href)), "</a>"),
            Lead::Nowhere => (String::new(), ""),
        };
        self.raw(start);
        self.links.push(end);
    }

    fn formula(&mut self, tex: &str, display: MathDisplay) {
        let (start, end) =
            if display == MathDisplay::Block { ("<span class=\"formula\">", "</span>") } else { ("", "") };
        // a test holds that every formula is understood
        let formula = mathml(tex, display).unwrap_or_else(|| format!("<code>{}</code>", escaped(tex)));
        self.raw(format!("{start}{formula}{end}"));
    }

    /// The name of the next table: its number, and the heading above it.
    fn next_table(&mut self) -> String {
        self.tables += 1;
        let above = self.sections.last().map_or(&self.title, |section| &section.words);
        format!("Table {}: {}", self.tables, escaped(above))
    }
}

fn escaped(text: &str) -> impl Display {
    let Ok(escaped) = askama::filters::escape(text, askama::filters::Html);
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(markdown: &str) -> String {
        write(markdown, |target| if target == "x.md" { Lead::Here("/x".to_owned()) } else { Lead::Nowhere }).html
    }

    #[test]
    fn headings_have_the_ids_of_forges() {
        let written =
            write("# A\n\nHow *it*\nbegins. And on. $x$\n\n## `tau_33`\n### Pool's runs, gaps\n## A\n", |_| {
                Lead::Nowhere
            });
        let ids: Vec<(&str, bool)> = written.sections.iter().map(|it| (it.id.as_str(), it.deep)).collect();
        assert_eq!(ids, [("tau_33", false), ("pools-runs-gaps", true), ("a-1", false)]);
        assert_eq!((written.title.as_str(), written.opening.as_str()), ("A", "How it begins."));
        assert!(written.html.contains("<h2 id=\"tau_33\"><code>tau_33</code></h2>"), "{}", written.html);
    }

    #[test]
    fn what_is_html_is_shown_as_text() {
        for markdown in
            ["<script>alert(1)</script>", "a <b onclick=x>b</b>", "<div>\n\n</div>", "![<i>](x.md)", "`<i>`"]
        {
            let html = html(markdown);
            assert!(
                !html.contains("<script") && !html.contains("<b ") && !html.contains("<div") && !html.contains("<i"),
                "{html}"
            );
        }
        assert_eq!(inline("a `b` <i>c</i> [d](e)"), "a <code>b</code> &lt;i&gt;c&lt;/i&gt; d");
    }

    #[test]
    fn links_lead_where_they_are_said_to() {
        assert_eq!(html("[a `b`](x.md) [c](y.md)"), "<p><a href=\"/x\">a <code>b</code></a> c</p>\n");
        let away = write("[a](https://b.example/?c&\"d)", |target| Lead::Away(target.to_owned())).html;
        assert!(away.contains("?c&#38;&#34;d\" rel=\"noreferrer\">a</a>"), "{away}");
    }

    #[test]
    fn tables_scroll_by_themselves_and_have_no_styles() {
        let table = html("## T\n\n| a | b |\n| --- | --: |\n| `c` | 1 |\n| | 2 |\n");
        assert!(
            table.contains("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table 1: T\"><table>"),
            "{table}"
        );
        assert!(
            table.contains("<th scope=\"col\">a</th><th scope=\"col\" class=\"number\">b</th></tr></thead><tbody>"),
            "{table}"
        );
        assert!(table.contains("<tr><th scope=\"row\"><code>c</code></th><td class=\"number\">1</td></tr>"), "{table}");
        assert!(table.contains("<tr><td></td><td class=\"number\">2</td></tr>\n</tbody></table></div>"), "{table}");
        assert!(!table.contains("style"), "{table}");
        assert!(!html("| | |\n| --- | --- |\n| a | b |\n").contains("<thead>"));
    }
}
