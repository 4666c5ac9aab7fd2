-- What each pool has on the whole chain, as far as it is stored. The empty pool is Unknown.
-- Parameters: tip, commit, registry. Columns: pool, blocks, first, last (heights), strong, fair, weak, most blocks first.
SELECT CAST(pool, 'String') AS pool, count() AS blocks, min(height) AS first, max(height) AS last,
    countIf(strength = 'strong') AS strong, countIf(strength = 'fair') AS fair, countIf(strength = 'weak') AS weak
FROM active_opinions(tip = {tip:UInt32}, commit = {commit:UInt64}, registry = {registry:String})
GROUP BY pool ORDER BY blocks DESC, pool
