-- When each node was first seen to have the blocks at given heights, Unix milliseconds. Parameter: heights.
-- Columns: hash, node, seen_at, earliest first.
SELECT hash, CAST(node, 'String') AS node, toUnixTimestamp64Milli(min(sightings.seen_at)) AS seen_at
FROM sightings WHERE height IN {heights:Array(UInt32)}
GROUP BY hash, node ORDER BY seen_at, node
