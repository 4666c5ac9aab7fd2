-- Who mined the active blocks from a height up, the empty pool is Unknown. Parameters: tip, commit, registry, from.
-- Columns: height, pool, lowest first.
SELECT height, CAST(pool, 'String') AS pool
FROM active_opinions(tip = {tip:UInt32}, commit = {commit:UInt64}, registry = {registry:String})
WHERE height >= {from:UInt32}
ORDER BY height
