-- Blocks between two heights that have an opinion under a version of the registry.
-- Parameters: commit, registry, from, to. Columns: height, hash.
SELECT height, hash FROM kept_opinions(commit = {commit:UInt64})
WHERE registry_version = {registry:String} AND height BETWEEN {from:UInt32} AND {to:UInt32}
