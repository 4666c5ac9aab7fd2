-- Facts of the active blocks at given heights, without the coinbase's outputs.
-- Parameters: tip, commit, heights. Columns: those of the table blocks but commit and coinbase_tx.
-- What was proven since a block was stored is part of its facts.
SELECT b.height AS height, b.hash AS hash, version, prev_hash, merkle_root, time, bits, nonce, median_time, chainwork, tx_count,
    if(p.size > 0, p.size, b.size) AS size, if(p.size > 0, p.weight, b.weight) AS weight,
    subsidy, reward, coinbase_txid, coinbase_script, coinbase_outputs,
    if(p.size > 0, 'merkle', CAST(b.coinbase_proof, 'String')) AS coinbase_proof
FROM (
    SELECT * EXCEPT (coinbase_tx) FROM active_blocks(tip = {tip:UInt32}, commit = {commit:UInt64}) WHERE height IN {heights:Array(UInt32)}
) AS b
LEFT ANY JOIN (SELECT hash, size, weight FROM proofs WHERE height IN {heights:Array(UInt32)}) AS p ON p.hash = b.hash
ORDER BY height DESC
