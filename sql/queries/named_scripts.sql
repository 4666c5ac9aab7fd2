-- Input scripts of each pool's newest active blocks between two heights. Parameters: tip, commit, registry, from, to, each.
-- Columns: pool, coinbase_script.
SELECT CAST(named.pool, 'String') AS pool, coinbase_script
FROM active_blocks(tip = {tip:UInt32}, commit = {commit:UInt64}) AS blocks
INNER JOIN (
    SELECT hash, pool FROM active_opinions(tip = {tip:UInt32}, commit = {commit:UInt64}, registry = {registry:String})
    WHERE pool != '' AND height BETWEEN {from:UInt32} AND {to:UInt32}
    ORDER BY height DESC LIMIT {each:UInt32} BY pool
) AS named ON named.hash = blocks.hash
WHERE height BETWEEN {from:UInt32} AND {to:UInt32}
