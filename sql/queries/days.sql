-- The active chain between two heights by day of the median time past, in UTC. Days without a block are not there.
-- Parameters: tip, commit, from, to. Columns: day (since 1970), from_height, to_height, chainwork (of the last block).
SELECT toUInt32(intDiv(median_time, 86400)) AS day, min(height) AS from_height, max(height) AS to_height,
    max(blocks.chainwork) AS chainwork
FROM active_blocks(tip = {tip:UInt32}, commit = {commit:UInt64}) AS blocks
WHERE height BETWEEN {from:UInt32} AND {to:UInt32}
GROUP BY day ORDER BY day
