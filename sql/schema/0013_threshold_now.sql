-- The mark that a notice is told by beside the one it left: null in what was said before it was kept.
ALTER TABLE notices ADD COLUMN IF NOT EXISTS threshold_now Nullable(Float64) AFTER threshold
