-- Takes away what is sealed of the subscriptions {ids}, in versions before {before}. Waits until it is done.
ALTER TABLE secrets
DELETE WHERE id IN {ids:Array(UInt64)} AND version < {before:UInt64}
SETTINGS mutations_sync = 1
