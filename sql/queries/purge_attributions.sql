-- Takes away what a write that did not end has left in attributions. Parameter: commit, the mark's number.
ALTER TABLE attributions DELETE WHERE commit > {commit:UInt64} SETTINGS mutations_sync = 2
