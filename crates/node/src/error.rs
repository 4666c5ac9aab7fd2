//! What can go wrong between us and a source, one variant per failed operation.
//!
//! Messages say what was asked and what came instead. What came is somebody else's text: it is shortened, control
//! characters are escaped, and credentials that a node might echo are struck out before it gets here.

use std::{io, path::PathBuf, time::Duration};

use hashwatch_model::{BlockHash, BlockId, MalformedBlock, Network};

/// A question to a source that got no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The configured address is not one that can be asked. The address itself is not shown: it may hold a password.
    #[error("the node's URL cannot be used: {0}")]
    Url(&'static str),
    /// The configured network has no full nodes.
    #[error("no node speaks the network {0}: read its block files instead")]
    NoSuchNode(Network),
    /// The cookie file could not be read or holds no cookie; bitcoind writes it when it starts and removes it when it stops.
    /// The page shows this to visitors, so the path is not in it; the log names it at the start.
    #[error("cannot read the cookie file: {reason} (is the node running, and is this its data directory?)")]
    Cookie {
        /// Where it was looked for.
        path: PathBuf,
        /// Why it is none.
        reason: String,
    },
    /// User and password cannot be sent: they hold control characters or a colon in the user.
    #[error("the user or the password holds characters that HTTP cannot carry")]
    Credentials,
    /// Nobody listens, or the name does not resolve.
    #[error("{asked}: cannot connect: {reason}")]
    Connect {
        /// The call.
        asked: String,
        /// The system's word for it.
        reason: String,
    },
    /// The whole answer did not come in time.
    #[error("{asked}: no whole answer within {after:?}")]
    Timeout {
        /// The call.
        asked: String,
        /// How long was waited, from the connect on.
        after: Duration,
    },
    /// The connection ended, or spoke no HTTP, before the answer was whole.
    #[error("{asked}: the connection broke: {reason}")]
    Broken {
        /// The call.
        asked: String,
        /// What HTTP says to it.
        reason: String,
    },
    /// The node does not take our credentials (HTTP 401), not even with the cookie read anew.
    #[error("{asked}: the node refused the credentials (HTTP 401)")]
    Unauthorized {
        /// The call.
        asked: String,
    },
    /// An HTTP status other than 200, without a JSON-RPC answer.
    #[error("{asked}: HTTP status {status}: {said}")]
    Http {
        /// The call.
        asked: String,
        /// The status.
        status: u16,
        /// The start of the body.
        said: String,
    },
    /// More bytes than any right answer has. The rest was not read.
    #[error("{asked}: the answer is over {limit} bytes long")]
    TooLarge {
        /// The call.
        asked: String,
        /// Bytes that were allowed.
        limit: usize,
    },
    /// Not JSON, not JSON-RPC, or not the shape that this call has.
    #[error("{asked}: not an answer to that: {reason}; came: {came}")]
    Malformed {
        /// The call.
        asked: String,
        /// What is wrong with it.
        reason: String,
        /// Its start.
        came: String,
    },
    /// The node answered with a JSON-RPC error.
    #[error("{asked}: the node says: {said} (error {code})")]
    Refused {
        /// The call.
        asked: String,
        /// Bitcoin Core's `RPCErrorCode`.
        code: i32,
        /// Its message.
        said: String,
    },
    /// A header with another hash than the one asked for, where the next question depends on it.
    #[error("asked for the header {asked}, got {came}")]
    NotAskedFor {
        /// What was asked for.
        asked: BlockHash,
        /// What the header that came hashes to.
        came: BlockHash,
    },
    /// The source knows nothing of the block, or has thrown it away (pruned).
    #[error("block {hash} is not to be had: {said}")]
    BlockMissing {
        /// The block.
        hash: BlockHash,
        /// The source's reason.
        said: String,
    },
    /// What came for a block does not decode as one.
    #[error("block {id}: {source}")]
    Block {
        /// The block asked for.
        id: BlockId,
        /// Why it is none.
        source: MalformedBlock,
    },
    /// The active chain changed each time its hashes were being listed. Ask again.
    #[error("the active chain keeps changing while heights {from} to {to} are listed")]
    ChainMoved {
        /// First height asked for.
        from: u32,
        /// Last height asked for.
        to: u32,
    },
    /// A branch of more blocks than are walked down one by one.
    #[error("the branch that ends with {tip} has {length} blocks: more than {limit} are not fetched")]
    BranchTooLong {
        /// Its last block.
        tip: BlockId,
        /// Its blocks, by the source's word.
        length: u32,
        /// The most that is fetched.
        limit: u32,
    },
    /// The one who asked went away, or the runtime is shutting down.
    #[error("{asked}: given up")]
    Cancelled {
        /// The call.
        asked: String,
    },
    /// The directory of block files cannot be listed.
    #[error("cannot list {}: {source}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// The system's word for it.
        source: io::Error,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's word for it.
        source: io::Error,
    },
    /// `xor.dat` is not the 8 bytes that Bitcoin Core (v28 on) writes.
    #[error("{} holds {bytes} bytes: a key has 8", path.display())]
    XorKey {
        /// The file.
        path: PathBuf,
        /// Its length.
        bytes: u64,
    },
    /// No file is named blk*.dat.
    #[error("{} holds no blk*.dat (a node keeps them in the folder blocks of its data directory)", path.display())]
    NoBlockFiles {
        /// The directory.
        path: PathBuf,
    },
    /// The files open with another network's magic.
    #[error("{} holds blocks of {found}, not of {expected}", path.display())]
    OtherNetwork {
        /// The directory.
        path: PathBuf,
        /// Whose magic it is.
        found: Network,
        /// The network asked for.
        expected: Network,
    },
    /// The files were read through and hold no block of the network.
    #[error("{} holds no block of {network}{}", path.display(), if *keyed { "" } else { "; if a node wrote it, its xor.dat may be missing" })]
    NoBlocks {
        /// The directory.
        path: PathBuf,
        /// The network asked for.
        network: Network,
        /// Whether an xor.dat lies there.
        keyed: bool,
    },
    /// The block that the chain must begin with is not in the files: a pruned directory, or another chain.
    #[error("{} holds {blocks} blocks, but not the first one of the chain, {start}", path.display())]
    NoStart {
        /// The directory.
        path: PathBuf,
        /// Blocks found.
        blocks: u64,
        /// The missing one; `a block without a parent` where it was not named.
        start: String,
    },
}

/// Characters of foreign text that a message shows.
const SHOWN_CHARS: usize = 160;

/// Foreign text, fit for a message: shortened, control characters escaped.
pub(crate) fn shown(text: &str) -> String {
    let mut out: String = text.chars().take(SHOWN_CHARS).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN_CHARS).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_short_and_tame() {
        assert_eq!(shown("a\u{1b}[31m\r\n\0\u{202e}b"), r"a\u{1b}[31m\r\n\0\u{202e}b");
        assert_eq!(shown(&"x".repeat(5000)).chars().count(), SHOWN_CHARS + 1);
    }
}
