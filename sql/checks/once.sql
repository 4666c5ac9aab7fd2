-- Each block, and each opinion on it, is kept once.
SELECT concat('height ', toString(height), ': ', what, ' on ', lower(hex(hash)), ' kept ', toString(times), ' times') AS finding
FROM (
    SELECT 'facts' AS what, height, hash, count() AS times FROM kept_blocks(commit = {commit:UInt64}) GROUP BY height, hash
    UNION ALL
    SELECT 'opinions' AS what, height, hash, count() AS times FROM kept_opinions(commit = {commit:UInt64})
    GROUP BY registry_version, height, hash
)
WHERE times != 1 ORDER BY height LIMIT 20
