-- How many subscriptions wait to be confirmed.
SELECT count()
FROM subscriptions FINAL
WHERE state = 'pending'
