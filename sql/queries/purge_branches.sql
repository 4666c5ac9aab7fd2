-- Takes away what writes that failed have left in branches.
ALTER TABLE branches DELETE WHERE commit NOT IN (SELECT commit FROM marks) SETTINGS mutations_sync = 2
