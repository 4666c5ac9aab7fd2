-- What was said before a notice, the newest first, of one rule or subject where these are not empty, and as of
-- blocks up to a height, each as it stands now.
-- Parameters: before (a seq), up_to (a height), rule, kind, id, limit. Columns: those of the table.
SELECT * FROM (
SELECT seq, revision, step, alert, CAST(rule, 'String') AS rule, CAST(subject_kind, 'String') AS subject_kind, subject_id,
    subject_name, CAST(change, 'String') AS change, from_level, level, threshold, threshold_now, height, hash, time, measures,
    CAST(registry_version, 'String') AS registry_version, said_at, historic, first_height, first_hash, evaluated_height,
    evaluated_hash, written_at
FROM notices
WHERE seq < {before:UInt64} AND ({rule:String} = '' OR notices.rule = {rule:String})
  AND ({kind:String} = '' OR notices.subject_kind = {kind:String} AND subject_id = {id:String})
ORDER BY seq DESC, notices.revision DESC LIMIT 1 BY seq
)
WHERE height <= {up_to:UInt32} ORDER BY seq DESC LIMIT {limit:UInt32}
