-- Takes away what writes that failed have left in opinions.
ALTER TABLE opinions DELETE WHERE commit NOT IN (SELECT commit FROM marks) SETTINGS mutations_sync = 2
