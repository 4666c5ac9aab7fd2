-- Facts of all blocks between two heights, active and stale. Parameters: commit, from, to.
-- Columns: those of the table blocks but commit and coinbase_tx.
SELECT height, hash, version, prev_hash, merkle_root, time, bits, nonce, median_time, chainwork, tx_count, size, weight,
    subsidy, reward, coinbase_txid, coinbase_script, coinbase_outputs, CAST(coinbase_proof, 'String') AS coinbase_proof
FROM kept_blocks(commit = {commit:UInt64}) WHERE height BETWEEN {from:UInt32} AND {to:UInt32} ORDER BY height, hash
