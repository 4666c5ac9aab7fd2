//! Rules that once held and no longer do: blocks that broke them then are valid today, and worth a note.

use hashwatch_model::Network;

use crate::block::pushed_height;

/// A rule of the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Historic {
    /// From 75 % of blocks of version 2 on until 95 % of them, a block of version 2 had to carry its height (BIP 34). The
    /// stage was buried with BIP 90: nodes enforce the height from 227,931 on, for all versions.
    Bip34SeventyFivePercent,
}

/// Mainnet's blocks between the two stages of BIP 34.
const BIP34_STAGE: std::ops::Range<u32> = 224_413..227_931;

impl Historic {
    /// The word in notes.
    pub fn name(self) -> &'static str {
        match self {
            Historic::Bip34SeventyFivePercent => "bip34_75_percent",
        }
    }
}

impl std::fmt::Display for Historic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "historic: {}", self.name())
    }
}

/// The rule of its time that a block broke, if it did. `version` and `script` are those of the header and of the coinbase's
/// input.
pub fn historic(network: Network, height: u32, version: i32, script: &[u8]) -> Option<Historic> {
    let broken = network == Network::Mainnet
        && BIP34_STAGE.contains(&height)
        && version >= 2
        && !script.starts_with(&pushed_height(height));
    broken.then_some(Historic::Bip34SeventyFivePercent)
}
