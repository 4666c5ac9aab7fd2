-- Facts of the active chain from a height up, of which there may be a million. Parameters: tip, commit, from.
-- Columns: height, hash_first and hash_last (the hash's first and last sixteen bytes, as numbers whose lowest byte comes first), time,
-- median_time, bits, tx_count, reward, chainwork (its lower half: the upper is zero for ever), lowest first.
SELECT height, reinterpretAsUInt128(blocks.hash) AS hash_first, reinterpretAsUInt128(substring(blocks.hash, 17)) AS hash_last,
    time, median_time, bits, tx_count, reward, reinterpretAsUInt128(reverse(substring(blocks.chainwork, 17, 16))) AS chainwork
FROM active_blocks(tip = {tip:UInt32}, commit = {commit:UInt64}) AS blocks
WHERE height >= {from:UInt32}
ORDER BY height
