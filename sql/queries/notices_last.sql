-- The last notice (0 for none), how many rows there are of notices (one more with each restatement), and the last step.
-- Columns: seq, rows, step.
SELECT (SELECT max(seq) FROM notices) AS seq, (SELECT count() FROM notices) AS rows,
    greatest((SELECT max(step) FROM notices), (SELECT max(step) FROM evaluated)) AS step
