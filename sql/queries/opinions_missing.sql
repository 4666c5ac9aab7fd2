-- How many kept blocks have no opinion under the mark's version of the registry. Parameters: commit, registry. Column: missing.
SELECT greatest(0,
    toInt64(assumeNotNull((SELECT count() FROM kept_blocks(commit = {commit:UInt64}))))
    - toInt64(assumeNotNull((SELECT count() FROM kept_attributions(commit = {commit:UInt64}) WHERE registry_version = {registry:String})))
) AS missing
