-- The newest version of each subscription that was written after version {since}: id, version, state, channel, filter, due,
-- requested_at, confirmed_at.
SELECT id, version, state, channel, filter, due, requested_at, confirmed_at
FROM subscriptions FINAL
WHERE version > {since:UInt64}
ORDER BY id
