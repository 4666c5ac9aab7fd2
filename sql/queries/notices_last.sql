-- The last notice (0 for none), how many rows there are of notices (one more with each restatement), and the last step.
-- Columns: seq, rows, step.
SELECT max(seq) AS seq, count() AS rows,
    greatest(max(step), ifNull((SELECT max(evaluated.step) FROM evaluated), 0)) AS step
FROM notices
