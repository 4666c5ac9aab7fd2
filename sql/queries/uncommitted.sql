-- How many rows have no mark, left by writes that failed. Column: rows.
SELECT sum(found) AS rows FROM (
    SELECT count() AS found FROM blocks WHERE commit NOT IN (SELECT commit FROM marks)
    UNION ALL SELECT count() FROM opinions WHERE commit NOT IN (SELECT commit FROM marks)
    UNION ALL SELECT count() FROM branches WHERE commit NOT IN (SELECT commit FROM marks)
)
