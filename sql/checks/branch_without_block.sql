-- No block is called stale or returned that is not kept.
SELECT concat('height ', toString(height), ': a branch names ', lower(hex(hash)), ', which is not kept') AS finding
FROM branches
WHERE commit IN (SELECT commit FROM marks WHERE commit <= {commit:UInt64})
  AND hash NOT IN (SELECT hash FROM kept_blocks(commit = {commit:UInt64}))
ORDER BY height LIMIT 20
