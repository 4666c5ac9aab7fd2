-- Versions of the registry that were in use, the newest first. Parameter: limit.
-- Columns: version, since (Unix milliseconds), height (of the last mark under it).
SELECT CAST(registry_version, 'String') AS version, toUnixTimestamp64Milli(min(written_at)) AS since, argMax(height, commit) AS height
FROM marks GROUP BY version ORDER BY max(commit) DESC LIMIT {limit:UInt32}
