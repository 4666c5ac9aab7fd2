-- Each active block names the one below it as its parent.
SELECT concat('height ', toString(height), ': the parent is not the block below') AS finding
FROM (
    SELECT height, prev_hash, lagInFrame(hash) OVER w AS below, lagInFrame(height) OVER w AS below_height, row_number() OVER w AS row
    FROM active_blocks(tip = {tip:UInt32}, commit = {commit:UInt64}) WINDOW w AS (ORDER BY height ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
)
WHERE row > 1 AND below_height + 1 = height AND prev_hash != below
ORDER BY height LIMIT 20
