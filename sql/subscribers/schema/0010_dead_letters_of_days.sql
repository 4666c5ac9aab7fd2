-- What a dead letter told, and under which key: a mail of a day tells several notices (seqs). Rows of before have none and told seq alone.
ALTER TABLE dead_letters
    ADD COLUMN IF NOT EXISTS seqs Array(UInt64),
    ADD COLUMN IF NOT EXISTS key String
