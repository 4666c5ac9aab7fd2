-- Takes away all that is kept of the subscriptions {ids} but that they are gone. Waits until it is done.
ALTER TABLE subscriptions
DELETE WHERE id IN {ids:Array(UInt64)} AND state != 'gone'
SETTINGS mutations_sync = 1
