-- Up to which block alerts were evaluated, no row before the first. Columns: height, hash.
SELECT height, hash FROM (
    SELECT step, height, hash FROM evaluated
    UNION ALL
    SELECT step, evaluated_height AS height, evaluated_hash AS hash FROM notices)
ORDER BY step DESC LIMIT 1
