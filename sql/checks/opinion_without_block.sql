-- No opinion is held on a block that is not kept.
SELECT concat('height ', toString(height), ': an opinion on ', lower(hex(hash)), ', which is not kept') AS finding
FROM kept_opinions(commit = {commit:UInt64})
WHERE (height, hash) NOT IN (SELECT height, hash FROM kept_blocks(commit = {commit:UInt64}))
ORDER BY height LIMIT 20
