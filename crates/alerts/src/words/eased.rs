//! What holds from now on where a level was left for a lower one, and what no longer does.

use super::{
    Told, groups,
    numbers::{amount, figure, small, threshold, whole},
};
use crate::rule::Rule;

impl Told<'_> {
    /// `ViaBTC holds more than a third of the hashrate (41.9 %, 39.8 to 44.1), no longer more than half`. None where the notice does
    /// not know which mark holds now, and for rules without any.
    pub(super) fn eased(&self, rule: Rule) -> Option<String> {
        let (now, left) = (self.notice.threshold_now?, self.notice.threshold);
        let (who, mark, gone) = (&self.who, threshold(rule, now), threshold(rule, left));
        let of = |name: &str| self.bracketed(name);
        Some(match rule {
            Rule::Share => {
                format!("{who} holds more than {mark} of the hashrate{}, no longer more than {gone}", of("share"))
            }
            // the figure is of those that hold it no longer
            Rule::Nakamoto => {
                let (hold, few) = (groups(now, "hold", "holds"), small(whole(left)));
                format!("{hold} more than half of the hashrate, {few} no longer{}", of("held"))
            }
            Rule::Hhi => format!("concentration lies above {mark} of the HHI{}, no longer above {gone}", of("hhi")),
            Rule::HhiRise => format!(
                "concentration rose by more than {mark} of the HHI from one month to the next{}, no longer by more than {gone}",
                of("rise")
            ),
            Rule::Streak => format!("{who} found blocks in a row as are expected {mark}, no longer {gone}"),
            Rule::Hashrate => {
                format!(
                    "the hashrate is lower by more than {mark} than before{}, no longer by more than {gone}",
                    of("fall")
                )
            }
            Rule::Reorg => {
                let [mark, gone] = [now, left].map(|depth| amount(depth, "blocks"));
                format!("a reorg left {mark} or more behind, none of late left {gone}")
            }
            Rule::StaleRate => {
                format!("so many blocks go stale by a chance below {mark}{}, no longer below {gone}", of("stale"))
            }
            Rule::DisclosedHashrate => format!(
                "the disclosed hashrate of {who} is lower by more than {mark}{}, no longer by more than {gone}",
                of("hashrate")
            ),
            Rule::AttackCost => {
                format!("an hour of a majority costs less than {mark}{}, no longer less than {gone}", of("cost"))
            }
            Rule::ForeignAddress | Rule::Pivot | Rule::Node => return None,
        })
    }

    /// ` (41.9 %, 39.8 to 44.1)`.
    fn bracketed(&self, name: &str) -> String {
        let Some(found) = self.measure(name) else { return String::new() };
        let inner = figure(found).replace(" (", ", ").replace(')', "");
        format!(" ({inner})")
    }
}
