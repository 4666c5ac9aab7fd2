-- The opinion on one block. Parameters: commit, registry, height, hash (64 hex digits). Columns: height, hash, pool, strength, evidence.
SELECT height, hash, CAST(pool, 'String') AS pool, CAST(strength, 'String') AS strength, evidence
FROM kept_opinions(commit = {commit:UInt64})
WHERE registry_version = {registry:String} AND height = {height:UInt32} AND hash = unhex({hash:String})
