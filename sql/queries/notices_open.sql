-- The notices of every alert that none of them ends, of those that are as of blocks up to a height: alert by alert, the first first,
-- each as it stands now. Parameter: up_to (a height). Columns: those of the table.
WITH standing AS (
SELECT seq, revision, step, alert, CAST(rule, 'String') AS rule, CAST(subject_kind, 'String') AS subject_kind, subject_id,
    subject_name, CAST(change, 'String') AS change, from_level, level, threshold, threshold_now, height, hash, time, measures,
    CAST(registry_version, 'String') AS registry_version, said_at, historic, first_height, first_hash, evaluated_height,
    evaluated_hash, written_at
FROM notices ORDER BY seq, notices.revision DESC LIMIT 1 BY seq)
SELECT * FROM standing
WHERE height <= {up_to:UInt32} AND alert IN (
    SELECT alert FROM standing WHERE height <= {up_to:UInt32}
    GROUP BY alert HAVING argMax(change, seq) NOT IN ('over', 'withdrawn'))
ORDER BY alert, seq
