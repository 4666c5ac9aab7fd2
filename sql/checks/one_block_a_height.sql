-- The active chain has one block at each height, from its start to the mark.
WITH assumeNotNull((SELECT min(height) FROM blocks)) AS start
SELECT concat('height ', toString(heights.height), ': ', toString(held.blocks), ' active blocks') AS finding
FROM (SELECT toUInt32(arrayJoin(range(toUInt64(start), toUInt64({tip:UInt32}) + 1))) AS height) AS heights
LEFT JOIN (
    SELECT height, count() AS blocks FROM active_blocks(tip = {tip:UInt32}, commit = {commit:UInt64}) GROUP BY height
) AS held ON held.height = heights.height
WHERE held.blocks != 1 ORDER BY heights.height LIMIT 20
