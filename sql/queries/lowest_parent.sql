-- The lowest block that chunks of some marks stood on: up to there the chain was not changed. Below zero where one began anew,
-- 4294967295 where there is no such mark. Parameters: after and until, numbers of marks. Columns: lowest.
SELECT if(count() = 0, toInt64(4294967295), min(ifNull(toInt64(parent_height), toInt64(-1)))) AS lowest
FROM marks WHERE commit > {after:UInt64} AND commit <= {until:UInt64}
