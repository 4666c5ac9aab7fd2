//! Tables of the Markdown as HTML: in a box that scrolls by itself and is reached by the keyboard, the first column as what the row is
//! about, numbers to the right by a class, since the content security policy refuses styles.

use pulldown_cmark::{Alignment, Event, Tag, TagEnd};

/// What ends a table.
pub(super) const END: &str = "</tbody></table></div>\n";
/// What ends a row of its body.
pub(super) const END_ROW: &str = "</tr>\n";

/// A table, and where in it we are.
#[derive(Default)]
pub(super) struct Table {
    alignments: Vec<Alignment>,
    column: usize,
    in_head: bool,
    /// The head says nothing, and is left out.
    bare: bool,
    /// What the open cell ends with.
    cell: &'static str,
}

impl Table {
    /// The table that the first of the events begins.
    pub(super) fn of(alignments: Vec<Alignment>, events: &[Event]) -> Table {
        let head = events.iter().take_while(|event| !matches!(event, Event::End(TagEnd::TableHead)));
        let bare = head.filter(|event| !matches!(event, Event::Start(_) | Event::End(_))).count() == 0;
        Table { alignments, bare, ..Table::default() }
    }

    /// What begins a table of that name, which is HTML already.
    pub(super) fn start(name: &str) -> String {
        format!("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{name}\"><table>\n")
    }

    pub(super) fn start_head(&mut self) -> &'static str {
        (self.in_head, self.column) = (true, 0);
        if self.bare { "" } else { "<thead><tr>" }
    }

    pub(super) fn end_head(&self) -> &'static str {
        if self.bare { "<tbody>\n" } else { "</tr></thead><tbody>\n" }
    }

    pub(super) fn start_row(&mut self) -> &'static str {
        (self.in_head, self.column) = (false, 0);
        "<tr>"
    }

    /// A cell that the first of the events begins.
    pub(super) fn start_cell(&mut self, events: &[Event]) -> String {
        let empty = matches!(events, [Event::Start(Tag::TableCell), Event::End(TagEnd::TableCell), ..]);
        let class = match self.alignments.get(self.column) {
            Some(Alignment::Right) => " class=\"number\"",
            _ => "",
        };
        let start = match (self.in_head, self.column) {
            (true, _) if !empty => "th scope=\"col\"",
            (false, 0) if !empty => "th scope=\"row\"",
            _ => "td",
        };
        self.column += 1;
        if self.in_head && self.bare {
            self.cell = "";
            return String::new();
        }
        self.cell = if start == "td" { "</td>" } else { "</th>" };
        format!("<{start}{class}>")
    }

    pub(super) fn end_cell(&self) -> &'static str {
        self.cell
    }
}
