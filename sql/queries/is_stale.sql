-- Whether a block is off the active chain as of a mark. Parameters: commit, hash (64 hex digits). Column: stale.
SELECT count() > 0 AS stale FROM stale_hashes(commit = {commit:UInt64}) WHERE hash = unhex({hash:String})
