-- Takes away what a write that did not end has left in blocks. Parameter: commit, the mark's number.
ALTER TABLE blocks DELETE WHERE commit > {commit:UInt64} SETTINGS mutations_sync = 2
