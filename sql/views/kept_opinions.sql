-- Opinions on blocks of every branch as of a mark, under every version of the registry.
-- Parameter: commit, the mark's number.
CREATE OR REPLACE VIEW kept_opinions AS
SELECT * FROM opinions WHERE commit IN (SELECT commit FROM marks WHERE commit <= {commit:UInt64})
