-- Versions of the registry that opinions were read under, the newest first.
-- Columns: version, first_at and last_at (Unix seconds of its first and last mark), height (of the last).
SELECT CAST(registry_version, 'String') AS version, toUnixTimestamp(min(written_at)) AS first_at,
    toUnixTimestamp(max(written_at)) AS last_at, argMax(height, commit) AS height
FROM marks GROUP BY version ORDER BY max(commit) DESC
