-- The newest mark under a version of the registry, no row where there is none. Parameter: version.
-- Columns: commit, height, hash, time, median_time, registry_version.
SELECT commit, height, hash, time, median_time, registry_version FROM marks
WHERE registry_version = {version:String} ORDER BY commit DESC LIMIT 1
