-- Takes away dead letters of the subscriptions {ids}. Waits until it is done.
ALTER TABLE dead_letters
DELETE WHERE id IN {ids:Array(UInt64)}
SETTINGS mutations_sync = 1
