//! What if miners leave: those that announced a pivot, or a part of what all listed miners disclose, stop mining on their dates.
//! One computation behind the page, the answer and the charts; the maths are those of `hashwatch_economics::scenario`.
//!
//! Who leaves, when and with how much is told in [`leaving`] and [`amounts`], where the chain stands in [`start`].

mod amounts;
pub(crate) mod answer;
mod ask;
pub(crate) mod chart;
mod course;
mod fields;
mod figures;
mod leaving;
mod offers;
mod outcome;
mod outcome_fields;
pub(crate) mod page;
mod play;
mod rows;
mod start;
#[cfg(test)]
mod tests;
mod words;

use self::ask::{ALL, BY};
pub(crate) use self::play::Played;
use crate::{mainnet::Mainnet, params::query, window_links::Choice};

/// The way here from other pages: all that announced a pivot leave, by the day that counts where none is given, as long as that is to
/// come. It keeps what pins the page.
pub(crate) fn all_leave(asked: &Mainnet) -> Choice {
    let kept = query::further(&asked.kept);
    let (by, when) = match BY > asked.day {
        true => (format!("&by={BY}"), format!(" by the end of {}", BY.year())),
        false => (String::new(), String::new()),
    };
    Choice {
        label: format!("What if all listed miners that announced a pivot leave{when}?"),
        href: format!("/scenario?leave={ALL}{by}{kept}"),
        current: false,
    }
}
