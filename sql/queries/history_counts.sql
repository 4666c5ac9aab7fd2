-- Blocks of each pool between two heights, in runs of `step` blocks, counted from height `origin` on, which may lie
-- below the first.
-- Parameters: tip, commit, registry, from, to, origin, step. Columns: bucket, pool, blocks.
SELECT toUInt32(intDiv(toInt64(height) - {origin:Int64}, {step:UInt32})) AS bucket, CAST(pool, 'String') AS pool, count() AS blocks
FROM active_opinions(tip = {tip:UInt32}, commit = {commit:UInt64}, registry = {registry:String})
WHERE height BETWEEN {from:UInt32} AND {to:UInt32}
GROUP BY bucket, pool ORDER BY bucket, pool
