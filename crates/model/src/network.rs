//! The six networks and the consensus constants that tell them apart.
//!
//! Source of the constants: Bitcoin Core `src/kernel/chainparams.cpp` (v29). `Sim` is hashwatch's own
//! network for synthetic chains: mainnet's rules with an easy limit.

use std::{fmt, str::FromStr};

use bitcoin::{CompactTarget, block::Header, blockdata::constants};

/// A network whose chain hashwatch can follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Network {
    /// Bitcoin.
    Mainnet,
    /// The third test network, with its 20-minute rule.
    Testnet3,
    /// BIP 94.
    Testnet4,
    /// BIP 325, the default signet.
    Signet,
    /// A private chain, no retargets.
    Regtest,
    /// Synthetic chains: mainnet's rules, a limit of 16 hashes a block, a genesis of each chain's own.
    Sim,
}

/// How a network finds the target of the next block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retarget {
    /// The largest target allowed, in compact form.
    pub limit: CompactTarget,
    /// No retarget ever: bits stay as they are (regtest).
    pub never: bool,
    /// A block later than 20 minutes after its parent may have the limit as its target (test networks, regtest).
    pub min_difficulty_blocks: bool,
    /// The retarget starts from the bits of the epoch's first block, not its last (BIP 94).
    pub bip94: bool,
}

/// Heights from which rules hold that a header or a coinbase can show (BIP 90 for the buried ones).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activations {
    /// BIP 34: height in the coinbase, version at least 2.
    pub bip34: u32,
    /// BIP 66: version at least 3.
    pub bip66: u32,
    /// BIP 65: version at least 4.
    pub bip65: u32,
    /// BIP 141: witness commitment in the coinbase.
    pub segwit: u32,
}

/// Blocks from one retarget to the next.
pub const EPOCH_BLOCKS: u32 = 2_016;
/// Seconds that an epoch should take.
pub const EPOCH_SECONDS: u32 = 14 * 24 * 60 * 60;

impl Network {
    /// All of them, in the order of their definition.
    pub const ALL: [Network; 6] =
        [Network::Mainnet, Network::Testnet3, Network::Testnet4, Network::Signet, Network::Regtest, Network::Sim];

    /// The name used in configuration, on the command line, in the store and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Network::Mainnet => "mainnet",
            Network::Testnet3 => "testnet3",
            Network::Testnet4 => "testnet4",
            Network::Signet => "signet",
            Network::Regtest => "regtest",
            Network::Sim => "sim",
        }
    }

    /// The value of `chain` in a node's `getblockchaininfo`; none for `Sim`, which no node follows.
    pub fn node_name(self) -> Option<&'static str> {
        match self {
            Network::Mainnet => Some("main"),
            Network::Testnet3 => Some("test"),
            Network::Testnet4 => Some("testnet4"),
            Network::Signet => Some("signet"),
            Network::Regtest => Some("regtest"),
            Network::Sim => None,
        }
    }

    /// The network whose address encoding is used. A simulated payout must never look like a real one, so `Sim`
    /// writes regtest's.
    pub fn encoding(self) -> bitcoin::Network {
        match self {
            Network::Mainnet => bitcoin::Network::Bitcoin,
            Network::Testnet3 => bitcoin::Network::Testnet,
            Network::Testnet4 => bitcoin::Network::Testnet4,
            Network::Signet => bitcoin::Network::Signet,
            Network::Regtest | Network::Sim => bitcoin::Network::Regtest,
        }
    }

    /// The genesis header; none for `Sim`, where each chain brings its own.
    pub fn genesis(self) -> Option<Header> {
        match self {
            Network::Sim => None,
            network => Some(constants::genesis_block(network.encoding()).header),
        }
    }

    /// The four bytes before each block in a block file.
    pub fn magic(self) -> [u8; 4] {
        match self {
            Network::Sim => *b"hwSM",
            network => network.encoding().magic().to_bytes(),
        }
    }

    /// RPC port of a node in its default configuration; none for `Sim`.
    pub fn rpc_port(self) -> Option<u16> {
        match self {
            Network::Mainnet => Some(8332),
            Network::Testnet3 => Some(18332),
            Network::Testnet4 => Some(48332),
            Network::Signet => Some(38332),
            Network::Regtest => Some(18443),
            Network::Sim => None,
        }
    }

    /// Folder below a node's data directory that holds the cookie and the blocks; none for `Sim`.
    pub fn node_folder(self) -> Option<&'static str> {
        match self {
            Network::Mainnet => Some(""),
            Network::Testnet3 => Some("testnet3"),
            Network::Testnet4 => Some("testnet4"),
            Network::Signet => Some("signet"),
            Network::Regtest => Some("regtest"),
            Network::Sim => None,
        }
    }

    /// The rules for the target.
    pub fn retarget(self) -> Retarget {
        let limit = CompactTarget::from_consensus(match self {
            Network::Mainnet | Network::Testnet3 | Network::Testnet4 => 0x1d00_ffff,
            Network::Signet => 0x1e03_77ae,
            Network::Regtest => 0x207f_ffff,
            // 2^256 / 2^252: one hash in 16
            Network::Sim => 0x200f_ffff,
        });
        Retarget {
            limit,
            never: self == Network::Regtest,
            min_difficulty_blocks: matches!(self, Network::Testnet3 | Network::Testnet4 | Network::Regtest),
            bip94: self == Network::Testnet4,
        }
    }

    /// The heights at which rules begin.
    pub fn activations(self) -> Activations {
        match self {
            Network::Mainnet => Activations { bip34: 227_931, bip66: 363_725, bip65: 388_381, segwit: 481_824 },
            Network::Testnet3 => Activations { bip34: 21_111, bip66: 330_776, bip65: 581_885, segwit: 834_624 },
            Network::Testnet4 | Network::Signet | Network::Sim => {
                Activations { bip34: 1, bip66: 1, bip65: 1, segwit: 1 }
            }
            Network::Regtest => Activations { bip34: 1, bip66: 1, bip65: 1, segwit: 0 },
        }
    }

    /// What a coinbase may create at `height`, in satoshis.
    pub fn subsidy(self, height: u32) -> u64 {
        let halvings = height / if self == Network::Regtest { 150 } else { 210_000 };
        50_0000_0000_u64.checked_shr(halvings).unwrap_or(0)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is none of the six.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown network {0:?}: one of mainnet, testnet3, testnet4, signet, regtest, sim")]
pub struct UnknownNetwork(pub String);

impl FromStr for Network {
    type Err = UnknownNetwork;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Network::ALL.into_iter().find(|n| n.name() == name).ok_or_else(|| UnknownNetwork(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subsidy_halves_and_ends() {
        assert_eq!(Network::Mainnet.subsidy(0), 5_000_000_000);
        assert_eq!(Network::Mainnet.subsidy(840_000), 312_500_000);
        assert_eq!(Network::Mainnet.subsidy(6_930_000), 0);
        assert_eq!(Network::Mainnet.subsidy(u32::MAX), 0);
        assert_eq!(Network::Regtest.subsidy(150), 2_500_000_000);
    }

    #[test]
    fn names_are_read_back() {
        for network in Network::ALL {
            assert_eq!(network.name().parse(), Ok(network));
        }
        assert!("Mainnet".parse::<Network>().is_err());
    }

    #[test]
    fn every_genesis_meets_its_limit() {
        for genesis in Network::ALL.into_iter().filter_map(Network::genesis) {
            assert!(genesis.validate_pow(genesis.target()).is_ok());
        }
    }
}
