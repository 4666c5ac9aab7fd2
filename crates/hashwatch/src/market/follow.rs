//! The market for as long as hashwatch runs: asked again at intervals, the former values kept where a source fails.

use std::{sync::Arc, time::Duration};

use hashwatch_model::Market;
use tokio::sync::watch;

use super::{Gathered, MarketSection, gather};
use crate::clock::unix_now;

/// How often sources are asked: what they tell moves by the minute, and what is computed from it does not.
const EVERY: Duration = Duration::from_secs(600);

/// Values as they come: what is written down at once, and none at first of those that are still asked for.
///
/// # Errors
/// Where the section itself is wrong.
pub(crate) fn follow(section: MarketSection) -> anyhow::Result<watch::Receiver<Arc<Market>>> {
    let values = section.settle(unix_now())?.stated;
    let (send, receive) = watch::channel(Arc::new(Market { values }));
    tokio::spawn(async move {
        let mut told = Vec::new();
        // until nobody reads it any more
        loop {
            match gather(&section, unix_now()).await {
                Ok(Gathered { market, problems }) => {
                    if problems != told {
                        problems.iter().for_each(|problem| tracing::warn!("a price is as old as it is: {problem}"));
                        told = problems;
                    }
                    let market = with_former(market, &send.borrow());
                    send.send_if_modified(|now| {
                        let changed = **now != market;
                        *now = Arc::new(market);
                        changed
                    });
                }
                Err(error) => tracing::error!("{error}"),
            }
            if tokio::time::timeout(EVERY, send.closed()).await.is_ok() {
                return;
            }
        }
    });
    Ok(receive)
}

/// A source that fails leaves its former value, which says how old it is.
fn with_former(mut market: Market, former: &Market) -> Market {
    let told = |market: &Market, old: &hashwatch_model::Moving| {
        market.values.iter().any(|value| (value.what, &value.origin) == (old.what, &old.origin))
    };
    let kept: Vec<_> = former.values.iter().filter(|old| !told(&market, old)).cloned().collect();
    market.values.extend(kept);
    market
}

#[cfg(test)]
mod tests {
    use hashwatch_model::{Moving, Quantity, ValueOrigin};

    use super::*;

    fn value(value: f64, origin: &str) -> Moving {
        let origin = ValueOrigin::Http(origin.to_owned());
        Moving::new(Quantity::BtcUsd, value, 1_790_000_000, 1_795_824_000, origin).unwrap()
    }

    #[test]
    fn a_source_that_fails_leaves_its_former_value() {
        let former = Market { values: vec![value(1.0, "a"), value(2.0, "b")] };
        let market = with_former(Market { values: vec![value(3.0, "a")] }, &former);
        assert_eq!(market.values, [value(3.0, "a"), value(2.0, "b")]);
    }
}
