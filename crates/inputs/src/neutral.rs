//! What a parameter is where nobody says what it is: the value at which it does nothing. Each is told as left out.

use hashwatch_economics::{Range, cost::STOCK};

use super::{Input, Origin};

/// By name; what it means for the answer. Never a guess at the truth: each is where the parameter drops out of the formula.
const NEUTRAL: [(&str, f64, &str); 9] = [
    ("power_usage_effectiveness", 1.0, "a site draws no more than its machines: power and site come out too cheap"),
    ("resale_share", 0.0, "nothing is got back for the machines: the net cost comes out too high"),
    ("price_fall_share", 1.0, "the coins that the attack mines are worth nothing: no revenue is taken off"),
    (STOCK, 0.0, "no second-hand machines are bought: all are new, which comes out dearer"),
    ("production_share", 1.0, "the attacker gets all that the industry makes: it comes out too fast"),
    ("supply_elasticity", 1e6, "the price of machines does not rise with what is bought: they come out too cheap"),
    ("site_usd_per_kw", 0.0, "sites cost nothing: the cost comes out too low"),
    ("usd_per_kwh", 0.0, "power costs nothing: the cost comes out too low"),
    ("retired_exahashes_per_second", 0.0, "no retired machines are for sale: the answer is that of new ones"),
];

/// The value at which a parameter does nothing, where there is one. Second-hand machines, where no price of theirs is known, cost what
/// new ones do.
pub(crate) fn of(name: &str, known: &[Input]) -> Option<(Range, Origin)> {
    if name == "second_hand_usd_per_terahash_per_second" {
        let new = known.iter().find(|input| input.parameter.name == "new_usd_per_terahash_per_second")?;
        let why = "second-hand machines cost what new ones do: they come out too dear";
        return Some((Range::exactly(new.range.central), Origin::LeftOut(why)));
    }
    let (_, value, why) = NEUTRAL.iter().find(|(known, ..)| *known == name)?;
    Some((Range::exactly(*value), Origin::LeftOut(why)))
}
