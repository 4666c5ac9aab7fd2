-- Subscriptions whose mailbox or target is to be sent something besides notices, by row, what came due first before the rest: id, version,
-- due, channel.
SELECT id, version, due, channel
FROM subscriptions FINAL
WHERE due != '' AND state != 'gone'
ORDER BY version, id
