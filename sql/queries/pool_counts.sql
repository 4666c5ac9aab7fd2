-- Blocks of each pool between two heights, the empty pool is Unknown. Parameters: tip, commit, registry, from, to.
-- Columns: pool, blocks, most blocks first.
SELECT CAST(pool, 'String') AS pool, count() AS blocks
FROM active_opinions(tip = {tip:UInt32}, commit = {commit:UInt64}, registry = {registry:String})
WHERE height BETWEEN {from:UInt32} AND {to:UInt32}
GROUP BY pool ORDER BY blocks DESC, pool
