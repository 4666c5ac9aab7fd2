-- When each run of `step` blocks began, runs being counted from height `origin` on, which may lie below the first.
-- Parameters: tip, commit, from, to, origin, step. Columns: bucket, from_height, to_height, time.
SELECT toUInt32(intDiv(toInt64(height) - {origin:Int64}, {step:UInt32})) AS bucket, min(height) AS from_height, max(height) AS to_height,
    min(median_time) AS time
FROM active_blocks(tip = {tip:UInt32}, commit = {commit:UInt64})
WHERE height BETWEEN {from:UInt32} AND {to:UInt32}
GROUP BY bucket ORDER BY bucket
