-- Whose confirmation it was, so that none is counted twice. Rows of before have 0.
ALTER TABLE confirmations
    ADD COLUMN IF NOT EXISTS id UInt64
