//! What our own chain tells, where it is mainnet's: its hashrate, the pay of its blocks, the epoch of its tip.

use hashwatch_economics::{Range, cost::NETWORK};
use hashwatch_metrics::Epoch;
use hashwatch_model::Window;
use hashwatch_registry::day_of;
use jiff::civil::Date;

use super::Origin;
use crate::{
    error::WebError,
    shares,
    state::WebState,
    view::View,
    work::{difficulty, hashrate, revenue::Revenue},
};

/// Blocks that hashrate and pay are taken from: as many as an epoch has.
const BLOCKS: u32 = 2_016;

/// Our own chain's values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Own {
    /// Of its tip.
    pub(crate) day: Date,
    /// EH/s, with their 95 % interval.
    pub(crate) network: Option<Range>,
    /// BTC that a block paid on the mean, fees with it.
    pub(crate) reward_btc: f64,
    pub(crate) epoch: Epoch,
    /// Blocks that these are of.
    pub(crate) blocks: u64,
}

impl Own {
    /// None where nothing is stored.
    pub(super) async fn of(state: &WebState, view: &View) -> Result<Option<Own>, WebError> {
        let (chain, origin) = (view.chain().await?, state.origin());
        let range = shares::Range::of(&chain, Window::Blocks(BLOCKS));
        let Some((first, last)) = chain.place(range.from).zip(chain.place(range.to)) else { return Ok(None) };
        let paid = Revenue::of(&chain, first, last, origin.hash_scale);
        let rate = hashrate::usual(state, &chain, range).map(|found| found.rate);
        let now = difficulty::now(&chain, origin.network, origin.hash_scale);
        #[allow(clippy::cast_precision_loss, reason = "satoshis of 2,016 blocks are below 2^53")]
        let reward_btc = paid.reward as f64 / paid.blocks as f64 / 1e8;
        // how far an epoch has come that began below what is stored, nobody knows
        let (waits, seconds) = now.from.map_or((0, 0), |_| (now.blocks - 1, now.seconds));
        Ok(Some(Own {
            day: day_of(view.mark().time),
            network: rate.map(|it| Range { low: it.low / 1e18, central: it.value / 1e18, high: it.high / 1e18 }),
            reward_btc,
            epoch: Epoch { difficulty: now.difficulty, waits, seconds },
            blocks: paid.blocks,
        }))
    }

    pub(super) fn find(&self, name: &str) -> Option<(Range, Origin)> {
        let (range, what) = match name {
            NETWORK => (self.network?, "estimated from work and time of"),
            "reward_btc" => (Range::exactly(self.reward_btc), "subsidy and fees, mean of"),
            _ => return None,
        };
        let how = format!("{what} the last {} blocks of our own chain", self.blocks);
        Some((range, Origin::Verified { how, day: self.day }))
    }
}
