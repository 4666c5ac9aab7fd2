-- Blocks of the active chain as of a mark.
-- Parameters: tip, the mark's height, commit, its number.
CREATE OR REPLACE VIEW active_blocks AS
SELECT * FROM blocks
WHERE height <= {tip:UInt32}
  AND commit IN (SELECT commit FROM marks WHERE commit <= {commit:UInt64})
  AND hash NOT IN (
    SELECT hash FROM branches WHERE commit IN (SELECT commit FROM marks WHERE commit <= {commit:UInt64})
    GROUP BY hash HAVING argMax(stale, commit)
  )
