-- Whether a block is off the active chain as of a mark. Parameters: commit, hash (64 hex digits). Column: stale.
SELECT argMax(stale, commit) AS stale FROM branches WHERE commit <= {commit:UInt64} AND hash = unhex({hash:String})
