-- What readers may see. Columns: commit, height, hash, time, median_time, registry_version, no row before the first commit.
SELECT commit, height, hash, time, median_time, registry_version FROM marks ORDER BY commit DESC LIMIT 1
