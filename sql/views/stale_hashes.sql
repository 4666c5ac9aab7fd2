-- Blocks that are off the active chain as of a mark. Parameter: commit, the mark's number.
CREATE OR REPLACE VIEW stale_hashes AS
SELECT height, hash FROM branches WHERE commit IN (SELECT commit FROM marks WHERE commit <= {commit:UInt64})
GROUP BY height, hash HAVING argMax(stale, commit)
