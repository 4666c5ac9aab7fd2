-- The median time past is the median of the block's time and the ten below it.
SELECT concat('height ', toString(height), ': median time past ', toString(median_time), ', computed ', toString(computed)) AS finding
FROM (
    SELECT height, median_time, arraySort(groupArray(time) OVER w) AS times, times[intDiv(length(times), 2) + 1] AS computed
    FROM active_blocks(tip = {tip:UInt32}, commit = {commit:UInt64}) WINDOW w AS (ORDER BY height ROWS BETWEEN 10 PRECEDING AND CURRENT ROW)
)
WHERE median_time != computed ORDER BY height LIMIT 20
