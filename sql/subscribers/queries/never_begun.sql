-- Wishes that came to nothing before version {before}: of them not even the id is kept.
SELECT id
FROM subscriptions FINAL
WHERE state = 'gone' AND confirmed_at = 0 AND version < {before:UInt64}
ORDER BY id
