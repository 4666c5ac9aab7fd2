-- Facts of the active blocks at given heights, without the coinbase's outputs.
-- Parameters: tip, commit, heights. Columns: those of the table blocks but commit and coinbase_tx.
SELECT height, hash, version, prev_hash, merkle_root, time, bits, nonce, median_time, chainwork, tx_count, size, weight,
    subsidy, reward, coinbase_txid, coinbase_script, coinbase_outputs, CAST(coinbase_proof, 'String') AS coinbase_proof
FROM active_blocks(tip = {tip:UInt32}, commit = {commit:UInt64})
WHERE height IN {heights:Array(UInt32)} ORDER BY height DESC
