-- Opinions on the active chain as of a mark, under one version of the registry.
-- Parameters: tip, the mark's height, commit, its number, registry, the version.
CREATE OR REPLACE VIEW active_opinions AS
SELECT * FROM opinions
WHERE registry_version = {registry:String} AND height <= {tip:UInt32}
  AND commit IN (SELECT commit FROM marks WHERE commit <= {commit:UInt64})
  AND hash NOT IN (
    SELECT hash FROM branches WHERE commit IN (SELECT commit FROM marks WHERE commit <= {commit:UInt64})
    GROUP BY hash HAVING argMax(stale, commit)
  )
