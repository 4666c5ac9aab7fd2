-- Subscriptions whose mailbox or target is to be sent something besides notices, the oldest wish first, {limit} at most: columns as in
-- subscriptions.
SELECT id, version, state, channel, filter, due, requested_at, confirmed_at
FROM subscriptions FINAL
WHERE due != '' AND state != 'gone'
ORDER BY requested_at, id
LIMIT {limit:UInt64}
