-- The newest active blocks between two heights, with opinions, of one pool where `one_pool` is true.
-- Parameters: tip, commit, registry, from, to, one_pool, pool, limit. Columns: height, hash, pool, strength, evidence, newest first.
SELECT height, hash, CAST(pool, 'String') AS pool, CAST(strength, 'String') AS strength, evidence
FROM active_opinions(tip = {tip:UInt32}, commit = {commit:UInt64}, registry = {registry:String})
WHERE height BETWEEN {from:UInt32} AND {to:UInt32} AND (NOT {one_pool:Bool} OR pool = {pool:String})
ORDER BY height DESC LIMIT {limit:UInt32}
