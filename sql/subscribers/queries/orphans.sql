-- Ids with something sealed but no subscription that is pending or active, written before version {before}: what a killed process left
-- between two steps.
SELECT DISTINCT id
FROM secrets
WHERE version < {before:UInt64} AND id NOT IN (SELECT id FROM subscriptions FINAL WHERE state != 'gone')
