-- Parts of tables that hold what was erased, and are still on the disk.
SELECT count()
FROM system.parts
WHERE database = currentDatabase() AND table IN ('secrets', 'subscriptions') AND NOT active
