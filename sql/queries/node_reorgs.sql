-- Changes of nodes' tips that left blocks behind, newest first. Parameter: limit.
-- Columns: those of the table tips, seen_at in Unix milliseconds.
SELECT CAST(node, 'String') AS node, toUnixTimestamp64Milli(tips.seen_at) AS seen_at, height, hash, left_height, left_hash,
    ancestor_height, ancestor_hash
FROM tips WHERE ancestor_height < left_height ORDER BY tips.seen_at DESC, node LIMIT {limit:UInt32}
