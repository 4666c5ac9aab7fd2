-- The active chain has one block at each height, from its start to the mark.
WITH held AS (SELECT height, count() AS blocks FROM active_blocks(tip = {tip:UInt32}, commit = {commit:UInt64}) GROUP BY height),
    (SELECT min(height) FROM blocks) AS start
SELECT concat('height ', toString(number + start), ': ', toString(blocks), ' active blocks') AS finding
FROM numbers(toUInt64({tip:UInt32}) - start + 1) AS heights
LEFT JOIN held ON held.height = toUInt32(heights.number + start)
WHERE blocks != 1 ORDER BY number LIMIT 20
