-- How many rows lie beyond the mark, left by a write that did not end. Parameter: commit. Column: rows.
SELECT
    (SELECT count() FROM blocks WHERE commit > {commit:UInt64})
    + (SELECT count() FROM attributions WHERE commit > {commit:UInt64})
    + (SELECT count() FROM branches WHERE commit > {commit:UInt64}) AS rows
