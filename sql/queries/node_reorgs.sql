-- Reorgs of nodes: their tips that do not stand on the tip before, newest first. Parameter: limit.
-- Columns: node, seen_at (milliseconds since 1970), height, hash, left_height, left_hash, ancestor_height, ancestor_hash.
SELECT node, toUnixTimestamp64Milli(tips.seen_at) AS seen_at, height, hash, left_height, left_hash,
    ancestor_height, ancestor_hash
FROM tips WHERE ancestor_height < left_height
ORDER BY tips.seen_at DESC, node LIMIT {limit:UInt32}
