-- Runs of heights in which blocks, active or stale, have no opinion under a version of the registry, lowest first: as many blocks to
-- a run as have about so many bytes, each counted as its coinbase and a kilobyte for the rest.
-- Parameters: commit, since (only blocks of later commits), registry, bytes. Columns: from, to, blocks.
SELECT min(height) AS from, max(height) AS to, count() AS blocks
FROM (
    -- blocks of one height have the same sum, so they are of the same run
    SELECT height, intDiv(sum(length(coinbase_tx) + 1024) OVER (ORDER BY height), {bytes:UInt64}) AS run
    FROM kept_blocks(commit = {commit:UInt64})
    WHERE commit > {since:UInt64} AND (height, hash) NOT IN (
        SELECT height, hash FROM kept_opinions(commit = {commit:UInt64}) WHERE registry_version = {registry:String})
)
GROUP BY run ORDER BY from
-- libchdb 26.5.1 turns the sum into one that it then does not find in the window
SETTINGS optimize_arithmetic_operations_in_aggregate_functions = 0
