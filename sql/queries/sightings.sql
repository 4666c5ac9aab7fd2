-- When each node was first seen to have some blocks, in milliseconds since 1970.
-- Parameters: heights, hashes (64 hex digits each). Columns: height, hash, node, seen_at.
SELECT height, hash, node, toUnixTimestamp64Milli(min(sightings.seen_at)) AS seen_at
FROM sightings
WHERE height IN {heights:Array(UInt32)} AND hash IN arrayMap(hash -> unhex(hash), {hashes:Array(String)})
GROUP BY height, hash, node ORDER BY seen_at, node
