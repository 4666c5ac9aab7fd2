//! What an hour of a majority costs, for the rule that warns of it: the reckoning of inputs on our own chain, the dossier and the
//! market, whenever one of them or the day is new. What cannot be reckoned is said, and not guessed.

use std::sync::Arc;

use hashwatch_alerts::{Condition, Rule, Rules, Step};
use hashwatch_inputs::{Hour, Input, Origin, Own, Prices, Sources, hour_of_a_majority};
use hashwatch_metrics::{MEDIAN_LAG, hashrate_between};
use hashwatch_model::{Market, Measure, NotEvaluated, Window};
use hashwatch_registry::{Dossier, day_of};
use hashwatch_store::Snapshot;
use jiff::{civil::Date, tz::TimeZone};
use tokio::sync::watch;

/// Confidence of the interval of the hashrate, as on the pages.
const CONFIDENCE: f64 = 0.95;

/// The rule, and what it rests on.
pub(super) struct Cost {
    rules: Rules,
    /// Prices are mainnet's.
    mainnet: bool,
    market: watch::Receiver<Arc<Market>>,
    /// The hashrate of our own chain, as of the last block.
    own: Option<Own>,
    /// The day for which it was reckoned last.
    day: Option<Date>,
}

/// What is known of it now: whether a level is reached or held; or why that cannot be said.
pub(super) type Told = Result<Option<Condition>, NotEvaluated>;

impl Cost {
    pub(super) fn new(rules: Rules, mainnet: bool, market: watch::Receiver<Arc<Market>>) -> Cost {
        Cost { rules, mainnet, market, own: None, day: None }
    }

    /// Takes the hashrate from the chain as it is now.
    pub(super) async fn renew(&mut self, snapshot: &Snapshot) -> anyhow::Result<()> {
        if !self.mainnet || !self.rules.of(Rule::AttackCost).enabled {
            return Ok(());
        }
        let chain = snapshot.chain().await?;
        let (from, to) = chain.range(Window::Blocks(Own::BLOCKS));
        self.own = chain.place(from).zip(chain.place(to)).map(|(first, last)| {
            let work = |below: usize, top: usize| chain.work_between(below, top);
            let found = hashrate_between(chain.median_times(), MEDIAN_LAG, (first, last), work, CONFIDENCE);
            let blocks = (last - first) as u64 + 1;
            Own::new(day_of(snapshot.mark().time), blocks, found.map(|found| found.rate))
        });
        Ok(())
    }

    /// Whether prices or the day are others than it was reckoned with last. What blocks and companies bring is not looked at.
    pub(super) fn is_out_of_date(&self, day: Date) -> bool {
        self.day != Some(day) || self.market.has_changed().unwrap_or(false)
    }

    /// What holds on a day. Of a rule that is off nothing.
    pub(super) fn told(&mut self, dossier: &Dossier, day: Date) -> Told {
        self.day = Some(day);
        let set = self.rules.of(Rule::AttackCost);
        if !set.enabled {
            return Ok(None);
        }
        let lacks = |reason: String| NotEvaluated { rule: Rule::AttackCost.key(), reason };
        if !self.mainnet {
            return Err(lacks("prices are of mainnet, and this is another chain".to_owned()));
        }
        let prices = Prices::by(&self.market.borrow_and_update(), day);
        let sources = Sources { dossier, own: self.own.as_ref(), prices: Some(&prices), day, later: false };
        let hour = hour_of_a_majority(sources, set.max_age_days).map_err(|why| lacks(why.to_string()))?;
        let usd = (hour.usd.low, hour.usd.central, hour.usd.high);
        Ok(Condition::by_estimate(&self.rules, Rule::AttackCost, Step::network(), usd, measures(&hour)))
    }
}

/// The cost, and what it is made of with the day of each.
fn measures(hour: &Hour) -> Vec<Measure> {
    let of = |name: &str, unit: &str, input: &Input, scale: f64| {
        let range = input.range;
        // how far published hashrates lie apart is no interval
        let known = range.low < range.high && (name != "hashrate" || matches!(input.origin, Origin::Verified { .. }));
        let interval = known.then_some((range.low * scale, range.high * scale));
        let figure = Measure::new(name, unit, range.central * scale, interval);
        let day = input.origin.day().and_then(|day| day.to_zoned(TimeZone::UTC).ok());
        #[allow(clippy::cast_precision_loss, reason = "no day lies 2^53 seconds from 1970")]
        let day = day
            .map(|day| Measure::new(&format!("{name}_day"), "unix_seconds", day.timestamp().as_second() as f64, None));
        std::iter::once(figure).chain(day)
    };
    let cost = Measure::new("cost", "usd", hour.usd.central, Some((hour.usd.low, hour.usd.high)));
    let mut all = vec![cost];
    all.extend(of("hashrate", "hashes_per_second", &hour.hashrate, 1e18));
    all.extend(of("hashprice", "usd_per_ph_day", &hour.price, 1.0));
    all
}

#[cfg(test)]
mod tests {
    use hashwatch_metrics::Interval;
    use hashwatch_model::{Moving, Quantity, ValueOrigin};
    use hashwatch_registry::Registry;
    use jiff::civil::date;

    use super::*;

    const DAY: Date = date(2026, 11, 28);
    /// 2026-11-27.
    const PRICED_AT: i64 = 1_795_737_600;

    /// Our own chain's 900 EH/s (880 to 920), at a hashprice; levels of 2 and 1.6 MUSD an hour.
    fn told(mainnet: bool, hashprice: Option<f64>, day: Date) -> Told {
        let rules: Rules = toml::from_str("[attack_cost]\nlevels = [2000000, 1600000]").unwrap();
        let price = |value| {
            Moving::new(Quantity::HashpriceUsdPerPhDay, value, PRICED_AT, 1_795_737_600, ValueOrigin::Settings).unwrap()
        };
        let market = Market { values: hashprice.map(price).into_iter().collect() };
        let (_, receive) = watch::channel(Arc::new(market));
        let rate = Interval { low: 880e18, value: 900e18, high: 920e18 };
        let own = Some(Own::new(day, 2_016, Some(rate)));
        let nothing = Dossier::from_files(&[], Registry::builtin()).unwrap();
        Cost { own, ..Cost::new(rules, mainnet, receive) }.told(&nothing, day)
    }

    /// 900,000 PH/s at 40 USD a day are 1.5 MUSD an hour, 1.467 to 1.533.
    #[test]
    fn reached_by_the_high_end_and_held_by_the_centre() {
        let found = |hashprice: f64| told(true, Some(hashprice), DAY).unwrap().map(|found| (found.level, found.held));
        assert_eq!(found(54.0), None, "2.03 MUSD");
        assert_eq!(found(53.0), Some((0, 1)), "1.99 MUSD, 2.03 at most");
        assert_eq!(found(52.0), Some((1, 1)));
        assert_eq!(found(42.0), Some((1, 2)), "1.575 MUSD, 1.61 at most");
        assert_eq!(found(40.0), Some((2, 2)));
    }

    #[test]
    fn its_figures_have_their_days() {
        let found = told(true, Some(40.0), DAY).unwrap().unwrap();
        let told: Vec<(&str, f64)> = found.measures.iter().map(|it| (it.name.as_str(), it.value)).collect();
        let days = [PRICED_AT + 86_400, PRICED_AT].map(|day| day as f64);
        let expected = [
            ("cost", 1.5e6),
            ("hashrate", 9e20),
            ("hashrate_day", days[0]),
            ("hashprice", 40.0),
            ("hashprice_day", days[1]),
        ];
        assert_eq!(told, expected);
        assert_eq!(found.measures[1].interval, Some((880e18, 920e18)));
        let (low, high) = found.measures[0].interval.unwrap();
        assert!((low / 880e3 - 40.0 / 24.0).abs() < 1e-9 && (high / 920e3 - 40.0 / 24.0).abs() < 1e-9);
    }

    #[test]
    fn what_is_missing_old_or_of_another_chain_is_said() {
        let lacks = |found: Told| found.unwrap_err().reason;
        assert_eq!(lacks(told(true, None, DAY)), "no source gives the hashprice");
        assert!(lacks(told(true, Some(40.0), date(2026, 12, 5))).contains("the hashprice is 8 days old"));
        assert!(told(true, Some(40.0), date(2026, 12, 4)).is_ok());
        assert!(lacks(told(false, Some(40.0), DAY)).contains("another chain"));
        let (_, market) = watch::channel(Arc::default());
        let mut off = Cost::new(Rules::default(), true, market);
        assert_eq!(off.told(Dossier::builtin(), DAY), Ok(None));
    }

    #[test]
    fn it_is_out_of_date_with_a_price_or_a_day() {
        let (send, market) = watch::channel(Arc::default());
        let rules = toml::from_str("[attack_cost]\nlevels = [2000000]").unwrap();
        let mut cost = Cost::new(rules, true, market);
        assert!(cost.is_out_of_date(DAY), "never reckoned");
        let _ = cost.told(Dossier::builtin(), DAY);
        assert!(!cost.is_out_of_date(DAY) && cost.is_out_of_date(date(2026, 11, 29)));
        send.send(Arc::default()).unwrap();
        assert!(cost.is_out_of_date(DAY));
        let _ = cost.told(Dossier::builtin(), DAY);
        assert!(!cost.is_out_of_date(DAY));
    }
}
