-- Subscriptions asked for before {before} (Unix milliseconds) and never confirmed: columns as in subscriptions.
SELECT id, version, state, channel, filter, due, requested_at, confirmed_at
FROM subscriptions FINAL
WHERE state = 'pending' AND requested_at < {before:UInt64}
ORDER BY id
