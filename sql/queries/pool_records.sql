-- What each pool has between two heights, the empty pool is Unknown. `empty` counts blocks that hold nothing but their coinbase,
-- `contested` those with a known mark of somebody else's, or of another time.
-- Parameters: tip, commit, registry, from, to. Columns: pool, blocks, empty, contested, most blocks first.
SELECT CAST(pool, 'String') AS pool, count() AS blocks,
    countIf(height IN (
        SELECT height FROM active_blocks(tip = {tip:UInt32}, commit = {commit:UInt64})
        WHERE tx_count = 1 AND height BETWEEN {from:UInt32} AND {to:UInt32}
    )) AS empty,
    countIf(notEmpty(arrayFilter(mark -> mark.2 != opinions.pool OR mark.6, evidence))) AS contested
FROM active_opinions(tip = {tip:UInt32}, commit = {commit:UInt64}, registry = {registry:String}) AS opinions
WHERE height BETWEEN {from:UInt32} AND {to:UInt32}
GROUP BY pool ORDER BY blocks DESC, pool
