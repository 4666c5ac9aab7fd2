-- Kept blocks whose pool differs between two versions of the registry. An empty pool is Unknown.
-- Parameters: commit, before, after (versions). Columns: old, new, blocks, most first.
SELECT CAST(one.pool, 'String') AS old, CAST(other.pool, 'String') AS new, count() AS blocks
FROM (SELECT hash, pool FROM kept_opinions(commit = {commit:UInt64}) WHERE registry_version = {before:String}) AS one
INNER ANY JOIN (
    SELECT hash, pool FROM kept_opinions(commit = {commit:UInt64}) WHERE registry_version = {after:String}
) AS other ON one.hash = other.hash
WHERE old != new GROUP BY old, new ORDER BY blocks DESC, old, new
