-- How many rows lie beyond the mark, left by a write that did not end. Parameter: commit. Column: rows.
SELECT sum(found) AS rows FROM (
    SELECT count() AS found FROM blocks WHERE commit > {commit:UInt64}
    UNION ALL SELECT count() FROM attributions WHERE commit > {commit:UInt64}
    UNION ALL SELECT count() FROM branches WHERE commit > {commit:UInt64}
)
