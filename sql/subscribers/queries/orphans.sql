-- Ids of which something is kept although their subscription is gone, or that have none and were written before version {before}: what a
-- killed process left between two steps, or what was still to be written when they ended. What is younger may be half of a wish that is
-- being taken.
SELECT DISTINCT id
FROM
(
    SELECT id, version FROM secrets
    UNION ALL
    SELECT id, version FROM progress
    UNION ALL
    SELECT id, version FROM dead_letters
    UNION ALL
    SELECT id, version FROM subscriptions WHERE state != 'gone'
)
WHERE id IN (SELECT id FROM subscriptions FINAL WHERE state = 'gone')
    OR (version < {before:UInt64} AND id NOT IN (SELECT id FROM subscriptions))
ORDER BY id
