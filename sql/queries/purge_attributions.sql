-- Takes away what writes that failed have left in attributions.
ALTER TABLE attributions DELETE WHERE commit NOT IN (SELECT commit FROM marks) SETTINGS mutations_sync = 2
