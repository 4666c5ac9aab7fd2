-- Blocks of each pool in runs of `step` blocks from height `from` on.
-- Parameters: tip, commit, registry, from, to, step. Columns: bucket, pool, blocks.
SELECT toUInt32(intDiv(height - {from:UInt32}, {step:UInt32})) AS bucket, CAST(pool, 'String') AS pool, count() AS blocks
FROM active_opinions(tip = {tip:UInt32}, commit = {commit:UInt64}, registry = {registry:String})
WHERE height BETWEEN {from:UInt32} AND {to:UInt32}
GROUP BY bucket, pool ORDER BY bucket, pool
