-- The notices of an alert, the first first, each as it stands now.
-- Parameter: alert. Columns: those of the table.
SELECT seq, revision, step, alert, CAST(rule, 'String') AS rule, CAST(subject_kind, 'String') AS subject_kind, subject_id,
    subject_name, CAST(change, 'String') AS change, from_level, level, threshold, threshold_now, height, hash, time, measures,
    CAST(registry_version, 'String') AS registry_version, said_at, historic, first_height, first_hash, evaluated_height,
    evaluated_hash, written_at
FROM notices WHERE alert = {alert:UInt64}
ORDER BY seq, notices.revision DESC LIMIT 1 BY seq
