-- The lowest block that chunks of some marks stood on: up to there the chain was not changed. Below zero where one began anew, and where
-- one of the two marks is gone, as in a database that went back in time.
-- Parameters: after and until, numbers of marks. Columns: lowest.
SELECT if(countIf(commit IN ({after:UInt64}, {until:UInt64})) < 2, toInt64(-1),
    minIf(ifNull(toInt64(parent_height), toInt64(-1)), commit > {after:UInt64})) AS lowest
FROM marks WHERE commit BETWEEN {after:UInt64} AND {until:UInt64}
