-- Reorgs of the chain that is followed, newest first: marks whose chunk stands below the mark before it, and that took blocks
-- off the chain. A branch that comes in several chunks is one reorg, that of its first.
-- Parameters: commit, limit. Columns: at (Unix milliseconds), height and hash of the tip, left_height and left_hash of the
-- tip before, lowest_height and lowest_hash of the lowest block that left.
SELECT toUnixTimestamp64Milli(marks.written_at) AS at, marks.height AS height, marks.hash AS hash, left_height, left_hash,
    lowest_height, lowest_hash
FROM (
    SELECT *, lagInFrame(height) OVER before AS left_height, lagInFrame(hash) OVER before AS left_hash
    FROM marks WHERE commit <= {commit:UInt64}
    WINDOW before AS (ORDER BY commit ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING)
) AS marks
INNER JOIN (
    SELECT commit, min(height) AS lowest_height, argMin(hash, height) AS lowest_hash FROM branches WHERE stale GROUP BY commit
) AS gone ON gone.commit = marks.commit
WHERE parent_height < left_height
ORDER BY marks.commit DESC LIMIT {limit:UInt32}
