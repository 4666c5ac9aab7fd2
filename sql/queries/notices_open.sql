-- The notices of every alert that none of them ends, of what was said before a notice: alert by alert, the first first.
-- Parameter: before (a seq). Columns: those of a notice, revision, written_at.
SELECT seq, alert, CAST(rule, 'String') AS rule, CAST(subject_kind, 'String') AS subject_kind, subject_id, subject_name,
    CAST(change, 'String') AS change, from_level, level, threshold, height, hash, time, measures,
    CAST(registry_version, 'String') AS registry_version, said_at, historic, first_height, first_hash, revision, written_at
FROM notices
WHERE seq < {before:UInt64} AND alert IN (
    SELECT alert FROM notices WHERE seq < {before:UInt64}
    GROUP BY alert HAVING argMax(notices.change, seq) NOT IN ('over', 'withdrawn'))
ORDER BY alert, seq, notices.revision DESC LIMIT 1 BY seq
