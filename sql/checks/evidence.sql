-- Where an opinion names a pool, its first evidence speaks for that pool.
SELECT concat('height ', toString(height), ': mined by ', toString(pool), ' without evidence for it') AS finding
FROM kept_opinions(commit = {commit:UInt64})
WHERE pool != '' AND (empty(evidence) OR evidence[1].2 != toString(pool))
ORDER BY height LIMIT 20
