-- Heights of the blocks that are off the active chain. Parameter: commit. Columns: height.
SELECT height FROM stale_hashes(commit = {commit:UInt64})
