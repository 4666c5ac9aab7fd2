-- Takes away how far the subscriptions {ids} were served. Waits until it is done.
ALTER TABLE progress
DELETE WHERE id IN {ids:Array(UInt64)}
SETTINGS mutations_sync = 1
