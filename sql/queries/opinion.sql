-- The opinion on one block. Parameters: commit, registry, height, hash (64 hex digits). Columns: height, hash, pool, evidence.
SELECT height, hash, CAST(pool, 'String') AS pool, evidence
FROM attributions FINAL
WHERE registry_version = {registry:String} AND commit <= {commit:UInt64} AND height = {height:UInt32} AND hash = unhex({hash:String})
