-- The mark is the tip of the active chain, with its times.
SELECT concat('the mark names ', lower(hex(hash)), ' at ', toString(height), ', which is not the tip of the active chain') AS finding
FROM marks
WHERE commit = {commit:UInt64} AND (height, hash, time, median_time) NOT IN (
    SELECT height, hash, time, median_time FROM active_blocks(tip = {tip:UInt32}, commit = {commit:UInt64}) ORDER BY height DESC LIMIT 1)
