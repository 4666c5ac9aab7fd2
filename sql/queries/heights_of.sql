-- Active blocks of some pools between two heights. Parameters: tip, commit, registry, from, to, pools.
-- Columns: height, pool, lowest first.
SELECT height, CAST(pool, 'String') AS pool
FROM active_opinions(tip = {tip:UInt32}, commit = {commit:UInt64}, registry = {registry:String})
WHERE height BETWEEN {from:UInt32} AND {to:UInt32} AND pool IN {pools:Array(String)}
ORDER BY height
