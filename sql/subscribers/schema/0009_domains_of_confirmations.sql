-- The domain of the address, told apart but not told. Zeros where it is a large provider's, of which no count is kept, and in rows of
-- before.
ALTER TABLE confirmations
    ADD COLUMN IF NOT EXISTS domain_mark FixedString(32)
