-- Takes away that the subscriptions {ids} ever were. Waits until it is done.
ALTER TABLE subscriptions
DELETE WHERE id IN {ids:Array(UInt64)}
SETTINGS mutations_sync = 1
