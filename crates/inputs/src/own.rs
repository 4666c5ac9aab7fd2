//! What our own chain tells, where it is mainnet's: its hashrate, the pay of its blocks, the epoch of its tip.

use hashwatch_economics::{Range, cost::NETWORK};
use hashwatch_metrics::{Epoch, Hashrate};
use jiff::civil::Date;

use super::Origin;

/// Our own chain's values.
#[derive(Clone, Debug, PartialEq)]
pub struct Own {
    /// Of its tip.
    pub day: Date,
    /// EH/s, with their 95 % interval.
    pub network: Option<Range>,
    /// BTC that a block paid on the mean, fees with it.
    pub reward_btc: Option<f64>,
    /// The epoch of the tip.
    pub epoch: Option<Epoch>,
    /// Blocks that these are of.
    pub blocks: u64,
}

impl Own {
    /// Blocks that hashrate and pay are taken from: as many as an epoch has.
    pub const BLOCKS: u32 = 2_016;

    /// The hashrate of so many last blocks, in hashes per second at 95 %, and nothing else.
    pub fn new(day: Date, blocks: u64, rate: Option<Hashrate>) -> Own {
        let network = rate.map(|it| Range { low: it.low / 1e18, central: it.value / 1e18, high: it.high / 1e18 });
        Own { day, network, reward_btc: None, epoch: None, blocks }
    }

    pub(crate) fn find(&self, name: &str) -> Option<(Range, Origin)> {
        let (range, what) = match name {
            NETWORK => (self.network?, "estimated from work and time of"),
            "reward_btc" => (Range::exactly(self.reward_btc?), "subsidy and fees, mean of"),
            _ => return None,
        };
        let how = format!("{what} the last {} blocks of our own chain", self.blocks);
        Some((range, Origin::Verified { how, day: self.day }))
    }
}
