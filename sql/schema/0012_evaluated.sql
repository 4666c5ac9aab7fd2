-- Up to which block alerts were evaluated, where nothing was said: a row each time, the highest `step`, here and in notices, counts.
-- Not synced: what is lost here is evaluated again, and says nothing again.
CREATE TABLE IF NOT EXISTS evaluated
(
    step UInt64,
    height UInt32,
    hash FixedString(32)
)
ENGINE = MergeTree
ORDER BY step
