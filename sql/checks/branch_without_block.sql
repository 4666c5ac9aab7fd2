-- No block is called stale or returned that is not kept.
SELECT concat('height ', toString(height), ': a branch names ', lower(hex(hash)), ', which is not kept') AS finding
FROM branches
WHERE commit <= {commit:UInt64} AND hash NOT IN (SELECT hash FROM blocks WHERE commit <= {commit:UInt64})
ORDER BY height LIMIT 20
