-- Commits that took blocks off the active chain, newest first: a mark whose chunk stands below the mark before it.
-- Parameters: commit, limit. Columns: at (Unix milliseconds), height and hash of the tip, left_height and left_hash of the
-- tip before, left_commit, ancestor_height.
SELECT toUnixTimestamp64Milli(written_at) AS at, height, hash, left_height, left_hash, left_commit,
    assumeNotNull(parent_height) AS ancestor_height
FROM (
    SELECT *,
        lagInFrame(height) OVER before AS left_height,
        lagInFrame(hash) OVER before AS left_hash,
        lagInFrame(commit) OVER before AS left_commit
    FROM marks WHERE commit <= {commit:UInt64}
    WINDOW before AS (ORDER BY commit ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING)
)
WHERE parent_height < left_height AND left_commit > 0
ORDER BY commit DESC LIMIT {limit:UInt32}
