-- The newest version of the subscription {id}, if there ever was one: columns as in subscriptions.
SELECT id, version, state, channel, filter, due, requested_at, confirmed_at
FROM subscriptions FINAL
WHERE id = {id:UInt64}
