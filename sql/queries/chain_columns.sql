-- Facts of the active chain from a height up, of which there may be a million. Parameters: tip, commit, from.
-- Columns: height, hash, time, median_time, bits, tx_count, reward, chainwork (its lower half: the upper is zero for
-- ever), lowest first.
SELECT height, hash, time, median_time, bits, tx_count, reward,
    reinterpretAsUInt128(reverse(substring(blocks.chainwork, 17, 16))) AS chainwork
FROM active_blocks(tip = {tip:UInt32}, commit = {commit:UInt64}) AS blocks
WHERE height >= {from:UInt32}
ORDER BY height
