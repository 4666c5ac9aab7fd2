-- Chainwork grows from each active block to the next.
SELECT concat('height ', toString(height), ': chainwork does not grow') AS finding
FROM (
    SELECT height, chainwork, lagInFrame(chainwork) OVER w AS below, row_number() OVER w AS row
    FROM active_blocks(tip = {tip:UInt32}, commit = {commit:UInt64}) WINDOW w AS (ORDER BY height ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
)
WHERE row > 1 AND chainwork <= below ORDER BY height LIMIT 20
