-- Facts of all blocks between two heights, active and stale. Parameters: commit, from, to. Columns: those of the table blocks.
SELECT height, hash, commit, version, prev_hash, merkle_root, time, bits, nonce, median_time, chainwork, tx_count, size, weight,
    subsidy, reward, coinbase_script, coinbase_tx, CAST(coinbase_proof, 'String') AS coinbase_proof
FROM blocks FINAL WHERE commit <= {commit:UInt64} AND height BETWEEN {from:UInt32} AND {to:UInt32} ORDER BY height, hash
