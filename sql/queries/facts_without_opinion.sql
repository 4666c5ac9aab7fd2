-- Facts, as they were written, of the blocks between two heights, active or stale, that have no opinion under a version of the
-- registry. Parameters: commit, since (only blocks of later commits), registry, from, to. Columns: those of the table blocks.
SELECT height, hash, commit, version, prev_hash, merkle_root, time, bits, nonce, median_time, chainwork, tx_count, size, weight,
    subsidy, reward, coinbase_txid, coinbase_script, coinbase_outputs, coinbase_tx, CAST(coinbase_proof, 'String') AS coinbase_proof
FROM kept_blocks(commit = {commit:UInt64})
WHERE height BETWEEN {from:UInt32} AND {to:UInt32} AND commit > {since:UInt64} AND (height, hash) NOT IN (
    SELECT height, hash FROM kept_opinions(commit = {commit:UInt64})
    WHERE registry_version = {registry:String} AND height BETWEEN {from:UInt32} AND {to:UInt32})
