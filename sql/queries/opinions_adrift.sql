-- How many kept blocks have no opinion under the mark's version of the registry, and how many opinions have no block: none
-- of either, unless rows were lost. Parameters: commit, registry. Columns: missing, orphaned.
SELECT
    assumeNotNull((
        SELECT count() FROM kept_blocks(commit = {commit:UInt64}) WHERE (height, hash) NOT IN (
            SELECT height, hash FROM kept_opinions(commit = {commit:UInt64}) WHERE registry_version = {registry:String})
    )) AS missing,
    assumeNotNull((
        SELECT count() FROM kept_opinions(commit = {commit:UInt64})
        WHERE (height, hash) NOT IN (SELECT height, hash FROM kept_blocks(commit = {commit:UInt64}))
    )) AS orphaned
