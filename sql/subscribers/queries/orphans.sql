-- Ids with something sealed whose subscription is gone, or that have none and were sealed before version {before}: what a killed
-- process left between two steps. What is younger may be half of a wish that is being taken.
SELECT DISTINCT id
FROM secrets
WHERE id IN (SELECT id FROM subscriptions FINAL WHERE state = 'gone')
    OR (version < {before:UInt64} AND id NOT IN (SELECT id FROM subscriptions))
ORDER BY id
