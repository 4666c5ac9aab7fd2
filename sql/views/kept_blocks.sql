-- Blocks of every branch as of a mark. Parameter: commit, the mark's number.
CREATE OR REPLACE VIEW kept_blocks AS
SELECT * FROM blocks WHERE commit IN (SELECT commit FROM marks WHERE commit <= {commit:UInt64})
