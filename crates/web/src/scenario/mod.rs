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

pub(crate) use self::{
    ask::{ALL, BY},
    play::Played,
};
