-- Notices that could not be delivered and are in the state {state}, the oldest first: id, seq, version, state, reason, tries, at, seqs,
-- key.
SELECT id, seq, version, state, reason, tries, at, seqs, key
FROM dead_letters FINAL
WHERE state = {state:String}
ORDER BY at, id, seq
