-- No opinion is held on a block that is not kept.
SELECT concat('height ', toString(height), ': an opinion on ', lower(hex(hash)), ', which is not kept') AS finding
FROM attributions
WHERE commit <= {commit:UInt64} AND (height, hash) NOT IN (SELECT height, hash FROM blocks WHERE commit <= {commit:UInt64})
ORDER BY height LIMIT 20
