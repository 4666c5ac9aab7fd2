-- Takes away what writes that failed have left in blocks.
ALTER TABLE blocks DELETE WHERE commit NOT IN (SELECT commit FROM marks) SETTINGS mutations_sync = 2
