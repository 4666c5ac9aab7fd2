//! What a notice says in words: a sentence, and the lines that it rests on.
//!
//! Plain text. Names may be anybody's: what cannot be seen or turns the direction of writing is taken out, the rest stays as it
//! is, and whoever shows it escapes it.

mod eased;
mod numbers;

#[cfg(test)]
mod tests;

use hashwatch_model::{Change, Measure, Notice, coinbase::is_invisible};

pub use self::numbers::{amount, figure, threshold};
use self::numbers::{percent, thousands_of};
use crate::rule::Rule;

/// A name is cut here: no sentence is about a longer one.
const LONGEST_NAME: usize = 80;

/// The notice as a sentence, without a full stop: `AntPool holds more than 40 % of the hashrate with a probability of 97 %, by the
/// last 2,016 blocks: an estimated 41.9 % (39.8 to 44.1)`.
pub fn headline(notice: &Notice) -> String {
    let told = Told { notice, who: name(notice) };
    let said = match (Rule::from_key(&notice.rule), notice.change) {
        (None, _) => format!("{}: {} {}", clean(&notice.rule), told.who, notice.change.name()),
        (Some(rule), Change::Withdrawn) => format!("Withdrawn after a reorg: {}", told.condition(rule)),
        (Some(rule), Change::Raised | Change::Worsened) => format!("{}{}", told.condition(rule), told.now(rule)),
        (Some(rule), Change::Eased) => told
            .eased(rule)
            .unwrap_or_else(|| format!("Eased: {}{}", told.no_longer(rule, notice.threshold), told.now(rule))),
        (Some(rule), Change::Over) => told.over(rule),
    };
    first_upper(&said)
}

/// What it rests on, a line each: its figures with their intervals, the block as of which it holds, where it was moved to.
pub fn detail(notice: &Notice) -> Vec<String> {
    let mut lines: Vec<String> = notice.measures.iter().map(numbers::line).collect();
    lines.push(format!("As of block {} ({})", thousands_of(notice.block.height), notice.block.hash));
    if let Some(before) = notice.first_said_of {
        lines.push(format!(
            "First said of block {} ({}), which a reorg replaced",
            thousands_of(before.height),
            before.hash
        ));
    }
    if notice.historic {
        lines.push("Found in blocks that were old already when it was said".to_owned());
    }
    lines
}

/// A text without what cannot be seen or turns the direction of writing, its blanks made one, and not endless.
pub fn clean(text: &str) -> String {
    let seen = text.chars().map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c });
    let seen: String = seen.filter(|c| !is_invisible(*c)).collect();
    let words: Vec<&str> = seen.split_whitespace().collect();
    let text = words.join(" ");
    match text.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}\u{2026}", &text[..end]),
        None => text,
    }
}

/// Whom it is about.
fn name(notice: &Notice) -> String {
    let subject = &notice.subject;
    match [&subject.name, &subject.id].map(|text| clean(text)) {
        [name, _] if !name.is_empty() => name,
        [_, id] if !id.is_empty() => id,
        _ if subject.kind == "network" => "the network".to_owned(),
        _ => "somebody without a name".to_owned(),
    }
}

fn first_upper(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `three groups together hold`, `one group alone holds`.
fn groups(count: f64, many: &str, one: &str) -> String {
    match numbers::whole(count) {
        1 => format!("one group alone {one}"),
        groups => format!("{} groups together {many}", numbers::small(groups)),
    }
}

/// A notice, and whom it is about.
struct Told<'a> {
    notice: &'a Notice,
    who: String,
}

impl Told<'_> {
    fn measure(&self, name: &str) -> Option<&Measure> {
        self.notice.measures.iter().find(|measure| measure.name == name)
    }

    /// `, by the last 2,016 blocks`, where it is known of how many.
    fn window(&self, of: &str) -> String {
        let blocks = self.measure("window").map(|window| amount(window.value, "blocks"));
        blocks.map_or_else(String::new, |blocks| format!(", by {of} {blocks}"))
    }

    /// ` with a probability of 97 %`, where it has one.
    fn probability(&self) -> String {
        let probability = self.measure("posterior").map(|posterior| numbers::chance(posterior.value));
        probability.map_or_else(String::new, |probability| format!(" with a probability of {probability}"))
    }

    /// What holds, with its threshold.
    fn condition(&self, rule: Rule) -> String {
        let (who, mark) = (&self.who, threshold(rule, self.notice.threshold));
        match rule {
            Rule::Share => format!("{who} holds more than {mark} of the hashrate{}", self.probability()),
            Rule::Nakamoto => {
                let held = groups(self.notice.threshold, "hold", "holds");
                format!("{held} more than half of the hashrate{}", self.probability())
            }
            Rule::Hhi => format!("concentration lies above {mark} of the HHI"),
            Rule::HhiRise => format!("concentration rose by more than {mark} of the HHI from one month to the next"),
            Rule::Streak => format!("{who} found {} in a row", self.shown("run", "many blocks")),
            Rule::Hashrate => format!("the hashrate fell by more than {mark}{}", self.probability()),
            Rule::Reorg => format!("a reorg left {} behind", self.shown("depth", "blocks")),
            Rule::StaleRate => "more blocks go stale than usual".to_owned(),
            Rule::ForeignAddress => {
                format!("a block with the tag of {who} pays an address that is known as another pool's")
            }
            Rule::Pivot => format!("{who} announces that it turns from mining"),
            Rule::DisclosedHashrate => format!("the disclosed hashrate of {who} fell by more than {mark}"),
            Rule::AttackCost => format!("an hour of a majority costs less than {mark}"),
            Rule::Node => format!(
                "the node {who} {}",
                if self.lying() { "is on a branch that breaks a rule" } else { "lags behind" }
            ),
        }
    }

    /// What is over: that not even the lowest level holds, where it is known which that is.
    fn over(&self, rule: Rule) -> String {
        // for a reader whom the level that is left does not concern
        if self.notice.level > 0 {
            let eased =
                self.eased(rule).unwrap_or_else(|| self.no_longer(rule, self.notice.threshold) + &self.now(rule));
            return format!("Over: {eased}");
        }
        let lowest = self.notice.threshold_now.unwrap_or(self.notice.threshold);
        // what so many groups hold is no figure of more
        let counted = rule == Rule::Nakamoto && numbers::whole(lowest) != numbers::whole(self.notice.threshold);
        let now = if counted { String::new() } else { self.now(rule) };
        format!("Over: {}{now}", self.no_longer(rule, lowest))
    }

    /// What does so no more.
    fn no_longer(&self, rule: Rule, left: f64) -> String {
        let (who, mark) = (&self.who, threshold(rule, left));
        match rule {
            Rule::Share => format!("{who} no longer holds more than {mark} of the hashrate"),
            Rule::Nakamoto => {
                format!("{} more than half of the hashrate", groups(left, "no longer hold", "no longer holds"))
            }
            Rule::Hhi => format!("concentration no longer lies above {mark} of the HHI"),
            Rule::HhiRise => {
                format!("concentration no longer rises by more than {mark} of the HHI from one month to the next")
            }
            Rule::Streak => format!("the run of blocks of {who} has ended"),
            Rule::Hashrate => format!("the hashrate is no longer lower by more than {mark} than before"),
            Rule::Reorg => "no further reorg".to_owned(),
            Rule::StaleRate => "blocks go stale as often as usual".to_owned(),
            Rule::ForeignAddress => format!("no further block with the tag of {who} and another pool's address"),
            Rule::Pivot => format!("no further announcement of {who}"),
            Rule::DisclosedHashrate => {
                format!("the disclosed hashrate of {who} is no longer lower by more than {mark}")
            }
            Rule::AttackCost => format!("an hour of a majority no longer costs less than {mark}"),
            Rule::Node if self.lying() => format!("the node {who} has left the branch that breaks a rule"),
            Rule::Node => format!("the node {who} no longer lags behind"),
        }
    }

    /// Where it stands now: what is estimated is called so.
    fn now(&self, rule: Rule) -> String {
        let estimate = |name: &str| self.measure(name).map(|found| format!("an estimated {}", figure(found)));
        let plain = |name: &str| self.measure(name).map(figure);
        let (window, found) = match rule {
            Rule::Share => (self.window("the last"), estimate("share")),
            Rule::Nakamoto => (self.window("the last"), estimate("held")),
            Rule::Hhi => (self.window("the last"), estimate("hhi")),
            Rule::HhiRise => (self.window("windows of"), estimate("rise")),
            Rule::Streak => (String::new(), self.rareness()),
            Rule::Hashrate => (self.window("the last"), estimate("fall")),
            Rule::StaleRate => (self.window("the last"), plain("stale")),
            Rule::DisclosedHashrate => (String::new(), plain("hashrate")),
            Rule::AttackCost => (String::new(), estimate("cost")),
            Rule::Node => (String::new(), plain("behind").map(|behind| format!("{behind} behind"))),
            Rule::Reorg | Rule::ForeignAddress | Rule::Pivot => (String::new(), None),
        };
        found.map_or_else(|| window.clone(), |found| format!("{window}: {found}"))
    }

    fn rareness(&self) -> Option<String> {
        let expected = self.measure("expected_per_year")?.value;
        let share = self.measure("share_before").map_or_else(String::new, |share| {
            format!(" at its share before, an estimated {}", percent(share.value, 1))
        });
        Some(format!("expected {}{share}", numbers::how_often(expected)))
    }

    fn shown(&self, name: &str, else_say: &str) -> String {
        self.measure(name).map_or_else(|| else_say.to_owned(), figure)
    }

    /// Of a node: level 2, whether it is reached or left.
    fn lying(&self) -> bool {
        self.notice.level.max(self.notice.from_level) > 1
    }
}
