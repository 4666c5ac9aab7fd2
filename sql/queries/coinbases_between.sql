-- Coinbase transactions of all blocks between two heights, active and stale. Parameters: commit, from, to.
-- Columns: height, hash, coinbase_tx.
SELECT height, hash, coinbase_tx
FROM kept_blocks(commit = {commit:UInt64}) WHERE height BETWEEN {from:UInt32} AND {to:UInt32} ORDER BY height, hash
